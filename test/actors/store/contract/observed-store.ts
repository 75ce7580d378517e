// All that a store shows, read page by page: what the invariants look at when a test is over.
import type { QueueView, StoreCounts } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskView } from "#protocols/tasks/task.ts";
import { channelOf, type StoreEvent } from "#protocols/tasks/task-events.ts";
import { entriesOf, type LogEntry } from "./acknowledged.ts";
import type { ContractStore } from "./contract-store.ts";

export interface ObservedChannel {
  readonly events: readonly StoreEvent[];
  readonly head: number;
  /** Whether the oldest were forgotten. */
  readonly isTrimmed: boolean;
}

export interface ObservedStore {
  readonly nowMs: number;
  readonly tasks: readonly TaskView[];
  readonly counts: StoreCounts;
  readonly countsByQueue: ReadonlyMap<string, StoreCounts>;
  readonly queues: readonly QueueView[];
  readonly channels: ReadonlyMap<string, ObservedChannel>;
  /** Over all channels, by the order of commits. */
  readonly tail: readonly StoreEvent[];
  /** Of all leases ever given, those that a heartbeat did not answer as lost. */
  readonly held: readonly LeaseRef[];
  /** Tasks that were created and are not listed, with what `result` says of them. */
  readonly absent: ReadonlyMap<string, string>;
  /** What the store's own check found. */
  readonly problems: readonly string[];
}

const pageSize = 300;

/** Sweeps what is due, then reads everything. */
export async function observe(store: ContractStore): Promise<ObservedStore> {
  await store.sweepAll();
  const nowMs = await store.nowMs();
  const tasks = await listAll(store);
  const queues = await store.queues();
  const countsByQueue = new Map<string, StoreCounts>();
  for (const { queue } of queues) countsByQueue.set(queue, await store.counts(queue));
  const tail = await tailAll(store);
  return {
    ...{ nowMs, tasks, queues, countsByQueue, tail },
    counts: await store.counts(),
    channels: await channelsAll(store, { tail, tasks, queues }),
    absent: await absentOf(store, tasks),
    problems: (await store.check()).problems,
    held: await heldOf(store),
  };
}

async function listAll(store: ContractStore): Promise<readonly TaskView[]> {
  const tasks: TaskView[] = [];
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page = await store.list(cursor === 0 ? { limit: pageSize } : { limit: pageSize, cursor });
    tasks.push(...page.tasks);
    cursor = page.next;
  }
  return tasks;
}

async function tailAll(store: ContractStore): Promise<readonly StoreEvent[]> {
  const events: StoreEvent[] = [];
  for (;;) {
    const page = await store.tailEvents(events.at(-1)?.eventId ?? 0, pageSize);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

async function channelsAll(
  store: ContractStore,
  known: Pick<ObservedStore, "tail" | "tasks" | "queues">,
): Promise<ReadonlyMap<string, ObservedChannel>> {
  const names = new Set(known.tail.map((event) => event.channel));
  for (const { taskId } of known.tasks) names.add(channelOf.task(taskId));
  for (const { queue } of known.queues) names.add(channelOf.queue(queue));
  const read = [...names].map(async (name) => [name, await channelAll(store, name)] as const);
  return new Map(await Promise.all(read));
}

async function channelAll(store: ContractStore, channel: string): Promise<ObservedChannel> {
  const first = await store.readEvents(channel, 0, pageSize);
  const events = [...first.events];
  for (;;) {
    const afterSeq = events.at(-1)?.seq ?? first.head;
    const page = await store.readEvents(channel, afterSeq, pageSize);
    if (page.events.length === 0) return { events, head: first.head, isTrimmed: first.isTrimmed };
    events.push(...page.events);
  }
}

async function absentOf(
  store: ContractStore,
  tasks: readonly TaskView[],
): Promise<ReadonlyMap<string, string>> {
  const listed = new Set(tasks.map((task) => task.taskId));
  const absent = new Map<string, string>();
  for (const taskId of createdIn(store.log)) {
    if (!listed.has(taskId)) absent.set(taskId, (await store.result(taskId)).kind);
  }
  return absent;
}

export function createdIn(log: readonly LogEntry[]): readonly string[] {
  return entriesOf(log, "submit").flatMap(({ entry }) =>
    entry.result.kind === "created" ? [entry.result.taskId] : [],
  );
}

async function heldOf(store: ContractStore): Promise<readonly LeaseRef[]> {
  const given = new Map<string, LeaseRef[]>();
  for (const { entry } of entriesOf(store.log, "claim")) {
    const leases = given.get(entry.request.node) ?? [];
    leases.push(...entry.leases.map(({ taskId, fence, epoch }) => ({ taskId, fence, epoch })));
    given.set(entry.request.node, leases);
  }
  const held: LeaseRef[] = [];
  for (const [node, leases] of given) {
    const { lost } = await store.heartbeat({ node, leases, leaseMs: 15_000 });
    const lostFences = new Set(lost.map((lease) => lease.fence));
    held.push(...leases.filter((lease) => !lostFences.has(lease.fence)));
  }
  return held;
}
