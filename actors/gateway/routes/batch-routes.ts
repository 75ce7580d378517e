// Many tasks at a time.
//
// - `POST /api/v1/batches`: for each item, by position, the task that it became or why it did not.
// - `GET /api/v1/batches/<tasks>`: how they stand; with `?wait=SECONDS` when all have ended, or then.
// - `DELETE /api/v1/batches/<tasks>`: cancels those that have not ended.
//
// A batch is its tasks and nothing beside them: its address names them by position, so that there is
// nothing to be kept or lost, and any gateway answers for it. Each is a task as any other.

import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import { stepsType } from "#protocols/tasks/steps.ts";
import type { AckLevel, TaskView } from "#protocols/tasks/task.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { clientIn } from "../asking-client.ts";
import { userIn } from "../asking-user.ts";
import { batchIn } from "../batch-order-reading.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { jsonResponse } from "../http-message.ts";
import type { Client, ClientSubmission } from "../queue-client.ts";
import type { Route } from "../router.ts";
import type { TaskService } from "../task-service.ts";
import { modelIn } from "./inpaint-route.ts";
import { checkParent, refuseOtherPages, waitMsIn } from "./task-api-routes.ts";

const root = "/api/v1/batches";
const below = `${root}/`;
const tasksBelow = "/api/v1/tasks/";
const separator = ".";

export const batchRoutes = (service: TaskService): readonly Route[] => [
  { method: "POST", path: root, handle: (request) => submit(service, request) },
  { method: "GET", path: `${below}*`, handle: (request) => look(service, request) },
  { method: "DELETE", path: `${below}*`, handle: (request) => cancel(service, request) },
];

async function submit(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  const user = userIn(request);
  const { items, parentId } = batchIn(request, {
    model: modelIn(request) ?? service.model,
    user,
  });
  await checkParent(service, parentId, user);
  const client = clientIn(request);
  await checkModel(service, items, client.signal);
  const ends = await Promise.all(items.map((item) => taken(service, item, client)));
  const refused = ends.flatMap((end) => (end instanceof Failure ? [end] : []));
  const [first] = refused;
  if (first !== undefined && refused.length === ends.length) {
    throw new Failure(first.code, `no item could be taken; the first: ${first.detail}`, first);
  }
  const batch = `${below}${ends.map(placeOf).join(separator)}`;
  const isReplay = ends.every((end) => !(end instanceof Failure) && end.isReplay);
  const status = refused.length > 0 ? 207 : isReplay ? 200 : 202;
  return jsonResponse(
    status,
    {
      ...{ batch, taken: ends.length - refused.length, refused: refused.length },
      items: ends.map(itemAnswer),
    },
    { Location: batch, ...(isReplay ? { "Idempotency-Replayed": "true" } : {}) },
  );
}

/** Before any of them is stored: items have one model, and if nobody has that each would wait in vain. */
async function checkModel(
  service: TaskService,
  items: readonly (ClientSubmission | Failure)[],
  signal: AbortSignal,
): Promise<void> {
  const item = items.find((one) => !(one instanceof Failure));
  // What a task of steps has as its model is no worker's.
  if (item === undefined || item instanceof Failure || item.type === stepsType) return;
  const refusal = await service.refusal(item.model, signal);
  if (refusal === undefined) return;
  const seen = `none of the ${items.length} items could be taken`;
  throw new Failure(refusal.code, `${seen}: ${refusal.detail}`, refusal);
}

const placeOf = (end: SubmitReceipt | Failure): string =>
  end instanceof Failure ? "" : end.taskId;

async function taken(
  service: TaskService,
  item: ClientSubmission | Failure,
  client: Client,
): Promise<SubmitReceipt | Failure> {
  if (item instanceof Failure) return item;
  try {
    return await service.submit(item, client);
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    throw cause;
  }
}

type ItemAnswer =
  | {
      readonly position: number;
      readonly taskId: string;
      readonly task: string;
      readonly result: string;
      readonly isReplay: boolean;
      readonly ack: AckLevel;
    }
  | { readonly position: number; readonly error: FailureData };

function itemAnswer(end: SubmitReceipt | Failure, position: number): ItemAnswer {
  if (end instanceof Failure) {
    return { position, error: { code: end.code, detail: end.detail } };
  }
  const { ack, taskId, isReplay } = end;
  const task = `${tasksBelow}${taskId}`;
  return { position, taskId, task, result: `${task}/result`, isReplay, ack };
}

async function look(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  const ids = idsIn(request);
  const waitMs = waitMsIn(request);
  if (waitMs > 0) {
    const known = (await tasksOf(service, request, ids)).flatMap((task) => task ?? []);
    await service.whenAllEnded(known, waitMs, request.signal);
  }
  const tasks = await tasksOf(service, request, ids);
  if (tasks.every((task) => task === null)) throw await absence(service, ids);
  const items = ids.map((id, position) => ({
    position,
    ...standingOf(id, tasks[position] ?? null),
  }));
  const counts: Record<string, number> = {};
  for (const { status } of items) counts[status] = (counts[status] ?? 0) + 1;
  const isOver = tasks.every((task) => task === null || isEnded(task.status));
  return jsonResponse(200, { batch: request.path, isEnded: isOver, counts, items });
}

/** `refused`: no task took its position. `unknown`: there is none any more, or none for who asks. */
function standingOf(id: string, task: TaskView | null) {
  if (id === "") return { status: "refused", taskId: null } as const;
  if (task === null) return { status: "unknown", taskId: id } as const;
  const { taskId, status, name, attempt, assignedNode, errorCode, error, progress } = task;
  const links = { task: `${tasksBelow}${taskId}`, result: `${tasksBelow}${taskId}/result` };
  return { status, taskId, ...links, name, attempt, assignedNode, errorCode, error, progress };
}

async function cancel(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  refuseOtherPages(request);
  const ids = idsIn(request);
  const tasks = await tasksOf(service, request, ids);
  if (tasks.every((task) => task === null)) throw await absence(service, ids);
  const asked = new URLSearchParams(request.query).get("reason") ?? "cancelled over HTTP";
  const order = { reason: asked.slice(0, 1_024), by: userIn(request) };
  const items = await Promise.all(
    tasks.map(async (task, position) => {
      if (task === null) return { position, ...standingOf(ids[position] ?? "", null) };
      const ending = await service.cancel(task.taskId, order);
      const isCancelRequested = ending.kind === "requested";
      const status =
        ending.kind === "ended" ? ending.status : isCancelRequested ? "running" : "cancelled";
      return { position, taskId: task.taskId, status, isCancelRequested };
    }),
  );
  const isOver = !items.some((item) => "isCancelRequested" in item && item.isCancelRequested);
  return jsonResponse(isOver ? 200 : 202, { batch: request.path, items });
}

/** By position; empty where no task took it. */
function idsIn({ path }: HttpRequest): readonly string[] {
  const ids = path.slice(below.length).split(separator);
  const isBatch = ids.length <= limits.batchItemsMax && ids.every((id) => /^[\w-]{0,64}$/.test(id));
  if (isBatch) return ids;
  throw unknownBatch();
}

const tasksOf = (
  service: TaskService,
  request: HttpRequest,
  ids: readonly string[],
): Promise<readonly (TaskView | null)[]> =>
  Promise.all(
    ids.map((id) => (id === "" ? Promise.resolve(null) : service.task(id, userIn(request)))),
  );

/** As of its first task. */
async function absence(service: TaskService, ids: readonly string[]): Promise<Failure> {
  const first = ids.find((id) => id !== "");
  if (first === undefined) return unknownBatch();
  const failure = await service.absence(first);
  return failure.code === "gone" ? failure : unknownBatch();
}

const unknownBatch = (): Failure =>
  new Failure("not_found", "There is no such batch; write its address as it was told.");
