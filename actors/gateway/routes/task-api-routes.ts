// Tasks of any type, as JSON.
//
// - `POST /api/v1/tasks`: a task in; 202 when it is on disk, 200 when its key was seen before.
// - `GET /api/v1/tasks?user=ada`: the user's tasks in the order of their arrival, a page at a time.
// - `GET /api/v1/tasks/<id>`: how it stands; with `?wait=SECONDS` when it has ended, or then.
// - `GET /api/v1/tasks/<id>/result`: figures and files of its result; `…/files/<name>`: one of them.
// - `DELETE /api/v1/tasks/<id>`: cancels it, and its children.
//
// Who asks may be said by what stands in front of the gateway, in `X-Troupe-User`: then tasks of others
// do not exist for it.

import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { TaskListQuery } from "#protocols/outside/task-order.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { isTaskId } from "../absent-task.ts";
import { clientIn } from "../asking-client.ts";
import { userIn, userOf } from "../asking-user.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { decidedResponse, failureResponse, jsonResponse } from "../http-message.ts";
import type { Route } from "../router.ts";
import { submissionIn } from "../task-order-reading.ts";
import type { TaskService } from "../task-service.ts";
import { outcomeResponse } from "./task-response.ts";

const root = "/api/v1/tasks";
const below = `${root}/`;
const waitSecondsMax = 60;
const pageDefault = 50;
const askAgainSeconds = 1;

export const taskApiRoutes = (service: TaskService): readonly Route[] => [
  { method: "POST", path: root, handle: (request) => submit(service, request) },
  { method: "GET", path: root, handle: (request) => list(service, request) },
  { method: "GET", path: `${below}*`, handle: (request) => look(service, request) },
  { method: "DELETE", path: `${below}*`, handle: (request) => cancel(service, request) },
];

async function submit(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  const user = userIn(request);
  const submission = submissionIn(request, { model: service.model, user });
  await checkParent(service, submission.parentId, user);
  return takenResponse(await service.submit(submission, clientIn(request)));
}

/** 202: the task is in the store, which says what that survives; 200: it was before, under the same key. */
export function takenResponse({ ack, taskId, isReplay }: SubmitReceipt): HttpResponse {
  const task = `${below}${taskId}`;
  return jsonResponse(
    isReplay ? 200 : 202,
    { taskId, task, result: `${task}/result`, isReplay, ack },
    {
      Location: task,
      "X-Troupe-Task": taskId,
      ...(isReplay ? { "Idempotency-Replayed": "true" } : {}),
    },
  );
}

/** Who could name the parent of another user would have its tasks end with that. */
export async function checkParent(
  service: TaskService,
  parentId: string | undefined,
  user: string | undefined,
): Promise<void> {
  if (user === undefined || parentId === undefined) return;
  if ((await service.task(parentId, user)) !== null) return;
  const seen = `"${user}" has no task ${parentId} that this one could belong to`;
  throw new Failure("forbidden", `${seen}; leave parentId out, or name one of its own`);
}

const listQuery = Compile(TaskListQuery);

async function list(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  const query: unknown = Object.fromEntries(new URLSearchParams(request.query));
  if (!listQuery.Check(query)) {
    const detail = `the list cannot be given: ${valueMisfit(listQuery.Errors(query), query, TaskListQuery)}`;
    throw new Failure("invalid", detail);
  }
  const { user, status, queue, parent, limit, cursor } = query;
  const userId = userOf(user, userIn(request));
  if (userId === undefined) {
    throw new Failure("invalid", `say whose tasks: ${root}?user=NAME`);
  }
  const { tasks, next } = await service.list({
    userId,
    ...(status === undefined ? {} : { status }),
    ...(queue === undefined ? {} : { queue }),
    ...(parent === undefined ? {} : { parentId: parent }),
    limit: Number(limit ?? pageDefault),
    ...(cursor === undefined ? {} : { cursor: Number(cursor) }),
  });
  return jsonResponse(200, { tasks, next });
}

async function look(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  const [taskId = "", part, ...names] = request.path.slice(below.length).split("/");
  // A file's own name may hold slashes.
  const file = names.length === 0 ? undefined : names.join("/");
  const isKnown = file === undefined ? part === undefined || part === "result" : part === "files";
  if (!isKnown)
    throw new Failure("not_found", `There is no task at ${request.path.slice(0, 200)}.`);
  const task = await found(service, request, taskId);
  if (task === null) throw await service.absence(taskId);
  const ended = await service.whenEnded(task, waitMsIn(request), request.signal);
  if (part === undefined) return jsonResponse(200, ended);
  if (!isEnded(ended.status)) {
    return jsonResponse(202, ended, { "Retry-After": String(askAgainSeconds) });
  }
  return file === undefined ? result(service, taskId) : fileOf(service, taskId, file);
}

async function result(service: TaskService, taskId: string): Promise<HttpResponse> {
  const outcome = await service.ending(taskId);
  if (outcome.status !== "completed") return outcomeResponse(outcome);
  const { node, attempt, queueMs, runMs } = outcome;
  const files = outcome.result.files.map(({ name, contentType, bytes }) => ({
    ...{ name, contentType, size: bytes.byteLength },
    file: `${below}${taskId}/files/${encodeURIComponent(name)}`,
  }));
  const { figures } = outcome.result;
  return jsonResponse(200, { taskId, node, attempt, queueMs, runMs, figures, files });
}

async function fileOf(service: TaskService, taskId: string, name: string): Promise<HttpResponse> {
  const outcome = await service.ending(taskId);
  if (outcome.status !== "completed") return outcomeResponse(outcome);
  const file = outcome.result.files.find((one) => one.name === name);
  if (file !== undefined) {
    return outcomeResponse({ ...outcome, result: { ...outcome.result, files: [file] } });
  }
  const names = outcome.result.files.map((one) => one.name).join(", ") || "none";
  const seen = `the result of task ${taskId} has no file "${name.slice(0, 64)}"`;
  const failure = new Failure("not_found", `${seen}; its files are: ${names}`);
  // The task is there, and has ended so: who waited for the file need not ask again.
  return failureResponse(below, failure, { "X-Troupe-Task": taskId });
}

async function cancel(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  refuseOtherPages(request);
  const taskId = request.path.slice(below.length);
  if ((await found(service, request, taskId)) === null) throw await service.absence(taskId);
  const reason = new URLSearchParams(request.query).get("reason") ?? "cancelled over HTTP";
  const order = { reason: reason.slice(0, 1_024), by: userIn(request) };
  const ending = await service.cancel(taskId, order);
  switch (ending.kind) {
    case "cancelled":
      return jsonResponse(200, { taskId, status: "cancelled" });
    case "requested":
      return jsonResponse(202, { taskId, status: "running", isCancelRequested: true });
    case "ended":
      return decidedResponse(`task ${taskId} has ended before: ${ending.status}`, {
        taskId,
        status: ending.status,
      });
    default:
      return ending satisfies never;
  }
}

const found = (
  service: TaskService,
  request: HttpRequest,
  taskId: string,
): Promise<TaskView | null> =>
  isTaskId(taskId) ? service.task(taskId, userIn(request)) : Promise.resolve<TaskView | null>(null);

/** `?wait=SECONDS`; 0 without it. Fails with `invalid`. */
export function waitMsIn({ query }: HttpRequest): number {
  const wait = new URLSearchParams(query).get("wait");
  if (wait === null) return 0;
  if (/^\d{1,2}$/.test(wait) && Number(wait) <= waitSecondsMax) return Number(wait) * 1_000;
  throw new Failure(
    "invalid",
    `wait is "${wait.slice(0, 20)}"; write seconds from 0 to ${waitSecondsMax}`,
  );
}

/** A page of another origin can read what the gateway says, but it cannot end tasks. */
export function refuseOtherPages({ headers }: HttpRequest): void {
  const origin = headers.get("origin");
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === headers.get("host")) return;
  throw new Failure("forbidden", `a page of ${origin.slice(0, 200)} may not cancel tasks here`);
}
