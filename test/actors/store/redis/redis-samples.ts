// A Redis store in few words, for tests that are about the server and not about tasks.
import { RedisBackend, type RedisBackendOptions } from "#actors/store/redis/redis-backend.ts";
import type { LeaseRef, TaskSubmission } from "#protocols/tasks/task.ts";

export const openStore = (
  port: number,
  options: Partial<RedisBackendOptions> = {},
): Promise<RedisBackend> =>
  RedisBackend.open({ place: { kind: "server", options: { port } }, ...options });

export const someTask = (differences: Partial<TaskSubmission> = {}): TaskSubmission => ({
  ...{ type: "inpaint", model: "lama", parameters: {}, inputs: [] },
  ...differences,
});

export const submit = (store: RedisBackend, differences: Partial<TaskSubmission> = {}) =>
  store.call({ method: "submit", args: [someTask(differences)] });

export async function created(
  store: RedisBackend,
  differences: Partial<TaskSubmission> = {},
): Promise<string> {
  const result = await submit(store, differences);
  if (result.kind === "created") return result.taskId;
  throw new Error(`the submission was answered ${JSON.stringify(result)}`);
}

export const claim = (store: RedisBackend, max = 1, node = "worker-1") =>
  store.call({ method: "claim", args: [{ node, incarnation: 1, models: ["lama"], max }] });

export const refOf = ({ taskId, fence, epoch }: LeaseRef): LeaseRef => ({ taskId, fence, epoch });

export const complete = (store: RedisBackend, lease: LeaseRef) =>
  store.call({
    method: "complete",
    args: [{ lease: refOf(lease), result: { figures: {}, files: [] } }],
  });

export const statusOf = async (store: RedisBackend, taskId: string) =>
  (await store.call({ method: "view", args: [taskId] }))?.status;

export const counts = (store: RedisBackend) => store.call({ method: "counts", args: [] });

export const problems = async (store: RedisBackend) =>
  (await store.call({ method: "check", args: [] })).problems;
