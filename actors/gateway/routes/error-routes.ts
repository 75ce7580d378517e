// What went wrong with tasks; who may acknowledge it stands in `local-order.ts`.
//
// - `GET /api/v1/errors?class=&type=&queue=&node=&state=open|acknowledged&limit=`: groups of like
//   failures, seen last first, and the retry budgets of the queues.
// - `GET /api/v1/errors/<fingerprint>`: one group.
// - `POST /api/v1/errors/<fingerprint>`: `{ "by": "anna" }` has seen to it, until it happens again.
// - `POST /api/v1/retry/<task id>`: `{ "by": "anna" }` has a task that ended without a result submitted
//   anew; 201 with the new one, 200 when that was done before.
// - `GET /api/v1/poison`: tasks that none runs again, and why, newest first.
//
// With `X-Troupe-User` only tasks of that user are listed as poison, and submitted anew. Groups are
// everybody's: they name tasks, which who asks may see or not.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { ErrorQuery } from "#protocols/tasks/errors.ts";
import { failureClasses } from "#protocols/tasks/task-failure.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { userIn } from "../asking-user.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { jsonResponse } from "../http-message.ts";
import type { NamedActors } from "../named-actors.ts";
import type { Route } from "../router.ts";
import type { TaskService } from "../task-service.ts";
import { localOrderIn } from "./local-order.ts";

/** Tasks as who asks may see them. */
type OwnTasks = Pick<TaskService, "task">;

const path = "/api/v1/errors";
const retryPath = "/api/v1/retry/";
const limitDefault = 50;
const queryCheck = Compile(ErrorQuery);
const order = Compile(
  Type.Object(
    { by: Type.String({ minLength: 1, maxLength: 128 }) },
    { additionalProperties: false },
  ),
);

export const errorRoutes = (actors: NamedActors, tasks: OwnTasks): readonly Route[] => [
  { method: "GET", path, handle: (request) => list(actors, request) },
  { method: "GET", path: `${path}/*`, handle: (request) => show(actors, request) },
  { method: "POST", path: `${path}/*`, handle: (request) => acknowledge(actors, request) },
  { method: "GET", path: "/api/v1/poison", handle: (request) => poison(actors, tasks, request) },
  { method: "POST", path: `${retryPath}*`, handle: (request) => retry(actors, tasks, request) },
];

async function list(actors: NamedActors, { query }: HttpRequest): Promise<HttpResponse> {
  const { limit = String(limitDefault), ...rest } = Object.fromEntries(new URLSearchParams(query));
  const wanted = { ...rest, limit: Number(limit) };
  if (!queryCheck.Check(wanted)) throw new Failure("invalid", queryText(wanted));
  const handler = await actors.errorHandler();
  return jsonResponse(200, await handler.errors(wanted));
}

async function show(actors: NamedActors, request: HttpRequest): Promise<HttpResponse> {
  const fingerprint = fingerprintIn(request);
  const handler = await actors.errorHandler();
  const group = await handler.group(fingerprint);
  if (group === null) throw unknown(fingerprint);
  return jsonResponse(200, group);
}

async function acknowledge(actors: NamedActors, request: HttpRequest): Promise<HttpResponse> {
  const by = whoIn(request);
  const fingerprint = fingerprintIn(request);
  const handler = await actors.errorHandler();
  const answer = await handler.acknowledge({ fingerprint, by });
  if (answer.kind === "not_found") throw unknown(fingerprint);
  const acknowledgedBy = answer.kind === "already" ? answer.by : by;
  return jsonResponse(200, { fingerprint, acknowledgedBy });
}

async function retry(
  actors: NamedActors,
  tasks: OwnTasks,
  request: HttpRequest,
): Promise<HttpResponse> {
  const by = whoIn(request);
  const former = request.path.slice(retryPath.length);
  if (!/^[\w-]{1,64}$/.test(former)) throw noTask();
  const user = userIn(request);
  if (user !== undefined && (await tasks.task(former, user)) === null) throw noTask();
  const handler = await actors.errorHandler();
  const { ack, taskId, isReplay } = await handler.retry({ taskId: former, by });
  return jsonResponse(isReplay ? 200 : 201, { taskId, parentId: former, isReplay, ack });
}

function whoIn(request: HttpRequest): string {
  const body = localOrderIn(request);
  if (order.Check(body)) return body.by;
  throw new Failure("invalid", 'the order is not like { "by": "anna" }');
}

async function poison(
  actors: NamedActors,
  tasks: OwnTasks,
  request: HttpRequest,
): Promise<HttpResponse> {
  const user = userIn(request);
  const handler = await actors.errorHandler();
  const poisoned = await handler.poison(storeLimits.poisonTasksMax);
  if (user === undefined) return jsonResponse(200, { tasks: poisoned });
  const own = await Promise.all(poisoned.map(({ taskId }) => tasks.task(taskId, user)));
  return jsonResponse(200, { tasks: poisoned.filter((_, index) => own[index] !== null) });
}

const noTask = (): Failure => new Failure("not_found", "There is no such task.");

function queryText(wanted: object): string {
  const seen = valueMisfit(queryCheck.Errors(wanted), wanted);
  const keys = "class, type, queue, node, state (open or acknowledged) and limit";
  return `the query cannot be answered (${seen}); it may have ${keys}; classes are ${failureClasses.join(", ")}`;
}

function fingerprintIn(request: HttpRequest): string {
  const fingerprint = request.path.slice(path.length + 1);
  if (/^[0-9a-f]{16}$/.test(fingerprint)) return fingerprint;
  throw unknown(fingerprint.slice(0, 64));
}

const unknown = (fingerprint: string): Failure =>
  new Failure("not_found", `There is no group of errors ${fingerprint}; GET ${path} lists them.`);
