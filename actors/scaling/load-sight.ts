// What is there to do for a group, and who is there: asked of those who keep it, anew each time.
import type { Ref } from "#protocols/actor-ref.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import type { NodeState } from "#protocols/tasks/node-record.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { Context } from "#runtime/core/context.ts";

export interface LoadSight {
  readonly queues: readonly Pick<QueueView, "queue" | "isPaused" | "pending" | "scheduled">[];
  /** By queue, since when (milliseconds since 1970 UTC) the first of some kind of task may run there. */
  readonly readySince: ReadonlyMap<string, number>;
  readonly runningOn: ReadonlyMap<string, number>;
  readonly states: ReadonlyMap<string, NodeState>;
}

export interface Partners {
  readonly store: Ref<Store>;
  readonly queue: Ref<Queue>;
  readonly registry: Ref<NodeRegistry>;
}

const withinMs = 5_000;
/** Kinds of tasks of whom the first is looked at; what is of further kinds only counts. */
const kindsMax = 16;

export async function findPartners(ctx: Pick<Context<unknown>, "lookup">): Promise<Partners> {
  const options = { within: withinMs };
  const [store, queue, registry] = await Promise.all([
    ctx.lookup(Store, "store", options),
    ctx.lookup(Queue, "queue", options),
    ctx.lookup(NodeRegistry, nodeRegistryName, options),
  ]);
  return { store, queue, registry };
}

export async function lookAtLoad({ store, queue, registry }: Partners): Promise<LoadSight> {
  const [queues, kinds, workers, nodes] = await Promise.all([
    store.queues(),
    store.waitingKinds(),
    queue.workers(),
    registry.list(),
  ]);
  return {
    queues,
    readySince: await readySince(store, kinds.slice(0, kindsMax)),
    runningOn: new Map(workers.map(({ node, running }) => [node, running])),
    states: new Map(nodes.map(({ name, status }) => [name, status])),
  };
}

async function readySince(
  store: Ref<Store>,
  kinds: readonly WaitingKind[],
): Promise<ReadonlyMap<string, number>> {
  const since = new Map<string, number>();
  const firsts = await Promise.all(kinds.map(({ taskId }) => store.view(taskId)));
  for (const first of firsts) {
    if (first?.status !== "pending") continue;
    const atMs = Math.max(first.submittedAt, first.runAt);
    since.set(first.queue, Math.min(since.get(first.queue) ?? atMs, atMs));
  }
  return since;
}

/** Of the queues that a group serves; what waits in a paused one is not to be run now. */
export function waitingIn(
  { queues, readySince: since }: Pick<LoadSight, "queues" | "readySince">,
  served: readonly string[],
  wallMs: number,
): { readonly waiting: number; readonly waitMs: number } {
  const open = queues.filter(({ queue, isPaused }) => served.includes(queue) && !isPaused);
  const waiting = open.reduce((sum, { pending, scheduled }) => sum + pending - scheduled, 0);
  const waits = open.map(({ queue }) => wallMs - (since.get(queue) ?? wallMs));
  return { waiting, waitMs: Math.max(0, ...waits) };
}
