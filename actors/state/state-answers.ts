// What the StateManager answers, method by method, and which of its desks knows it.
import { Failure } from "#protocols/failure.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import { ack } from "#protocols/protocol.ts";
import { State } from "#protocols/tasks/state.ts";
import type { SystemFigures } from "#protocols/tasks/state-notices.ts";
import type { MirrorStatus, StateStatistics } from "#protocols/tasks/state-readings.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { failedItem } from "./failed-item.ts";
import type { StateWrites } from "./state-writes.ts";
import type { StoreAccess } from "./store-access.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { TaskReads } from "./task-reads.ts";
import type { WholeStateDesk } from "./whole-state-desk.ts";

export interface StateDesks {
  readonly access: StoreAccess;
  readonly reads: TaskReads;
  readonly cluster: ClusterReads;
  readonly writes: StateWrites;
  readonly subscriptions: Subscriptions;
  readonly whole: WholeStateDesk;
  /** As sampled last, else now. */
  readonly figures: () => Promise<SystemFigures>;
}

type Answers = {
  readonly [M in keyof State]: (
    desks: StateDesks,
    ...args: Parameters<State[M]>
  ) => Promise<ReturnType<State[M]>>;
};

const answers: Answers = {
  task: ({ reads }, request) => reads.get(request),
  tasks: ({ reads }, { taskIds, ...terms }) =>
    Promise.all(taskIds.map((taskId) => reads.get({ taskId, ...terms }).catch(failedItem))),
  listTasks: async ({ access }, query) => access.open().list(query),
  wholeTask: async ({ access }, taskId) => access.open().wholeTask(taskId),
  node: ({ cluster }, request) => cluster.node(request),
  nodes: ({ cluster }, request) => cluster.nodes(request),
  onlineNodes: ({ cluster }, terms) => cluster.onlineNodes(terms),
  queues: ({ cluster }, terms) => cluster.queues(terms),
  counts: ({ cluster }, terms) => cluster.counts(terms),

  addTask: ({ writes }, submission) => writes.addTask(submission),
  removeTask: ({ writes }, request) => writes.removeTask(request),
  updateTask: ({ writes }, change) => writes.updateTask(change),
  updateTasks: ({ writes }, changes) => writes.updateTasks(changes),
  addNode: ({ writes }, introduction) => writes.addNode(introduction),
  updateNode: ({ writes }, change) => writes.updateNode(change),
  removeNode: ({ writes }, node) => writes.removeNode(node),

  subscribe: ({ subscriptions }, request) => subscriptions.subscribe(request),
  resume: ({ subscriptions }, request) => subscriptions.resume(request),
  unsubscribe: async ({ subscriptions }, { subscriber, channels }) => {
    subscriptions.unsubscribe(subscriber, channels);
    return ack;
  },
  broadcast: ({ writes }, request) => writes.broadcast(request),
  notifyUser: ({ writes }, request) => writes.notifyUser(request),
  announce: ({ writes }, announcement) => writes.announce(announcement),

  figures: ({ figures }) => figures(),
  history: async ({ access }, request) => access.open().metrics(request),
  statistics: async (desks) => statisticsOf(desks, await desks.whole.mirrorStatus()),

  snapshot: ({ whole }) => whole.snapshot(),
  snapshotPage: async ({ whole }, request) => whole.page(request),
  sync: ({ whole }) => whole.sync(),
  refresh: ({ whole }) => whole.refresh(),
};

type StateCall = {
  [M in keyof State]: { readonly method: M; readonly args: Parameters<State[M]> };
}[keyof State];

/** Fails with `invalid` for arguments that do not fit, wherever they come from. */
export async function answer(
  desks: StateDesks,
  spec: MethodSpec,
  args: readonly unknown[],
): Promise<unknown> {
  const call = { method: spec.name, args };
  const refused = spec.refuse(args);
  if (refused !== undefined || !isStateCall(call)) {
    throw new Failure("invalid", `${spec.name}: ${refused ?? "is no method of the state"}`);
  }
  return perform(desks, call);
}

const isStateCall = (call: {
  readonly method: string;
  readonly args: readonly unknown[];
}): call is StateCall => State.methods.has(call.method);

const perform = <M extends keyof State>(
  desks: StateDesks,
  { method, args }: { readonly method: M; readonly args: Parameters<State[M]> },
): Promise<ReturnType<State[M]>> => answers[method](desks, ...args);

export function statisticsOf(desks: StateDesks, mirror: MirrorStatus): StateStatistics {
  const { access, reads, subscriptions } = desks;
  const { cache, totals } = reads;
  const { book } = subscriptions;
  return {
    epoch: access.follow?.epoch ?? null,
    eventId: access.follow?.eventId ?? 0,
    asOf: access.follow?.asOf ?? 0,
    storeTrouble: access.trouble,
    cache: {
      tasks: cache.size,
      hitsTotal: totals.hit,
      missesTotal: totals.miss,
      staleTotal: totals.stale,
      evictedTotal: cache.evictedTotal,
      expiredTotal: cache.expiredTotal,
    },
    subscriptions: {
      subscribers: book.size,
      channels: book.channelCount,
      noticesTotal: subscriptions.noticesTotal,
      gapsTotal: book.gapsTotal,
      lapsedTotal: subscriptions.lapsedTotal,
    },
    mirror,
  };
}
