// What the StateManager looks up in the store by itself: where its log stands, and how tasks are.
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import { behindAll } from "./snapshot-assembly.ts";
import type { FoundStore } from "./state-messages.ts";

export async function known(store: Ref<Store>, at: number): Promise<FoundStore> {
  const request = { afterEventId: behindAll, taskIds: [], page: null, also: [] };
  const [info, { eventId }] = await Promise.all([store.info(), store.cut(request)]);
  return { store, info, eventId, at };
}

/** Each by itself: one that is damaged keeps back no other. Fails when none could be read. */
export async function viewsOf(
  store: Ref<Store>,
  taskIds: readonly string[],
): Promise<readonly TaskView[]> {
  const asked = await Promise.allSettled(taskIds.map((taskId) => store.view(taskId)));
  const answered = asked.filter((answer) => answer.status === "fulfilled");
  const [refused] = asked.filter((answer) => answer.status === "rejected");
  if (answered.length === 0 && refused) throw refused.reason;
  return answered.flatMap(({ value }) => value ?? []);
}
