// Which commands make the copy in Redis what the store is. Pure. A hash is written whole: what a record has
// not any more goes with its former hash.
import { stateLimits } from "#protocols/state-limits.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import type { StoreCut } from "#protocols/tasks/task-records.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { MirrorKeys, MirrorKind } from "./mirror-keys.ts";
import { countsName, recordName, sealed } from "./mirror-seals.ts";

/** A command's name and its words. */
export type MirrorCommand = readonly [name: string, ...words: (string | number)[]];

export interface PlanPlace {
  readonly keys: MirrorKeys;
  /** Counts how often the copy was written anew: what bears an older number is not there any more. */
  readonly generation: number;
}

export const taskCommands = (place: PlanPlace, tasks: readonly TaskView[]): MirrorCommand[] =>
  tasks.flatMap((task) => {
    const written = recordCommands(place, { kind: "task", id: task.taskId, record: task });
    if (!isEnded(task.status)) return written;
    // Who wants to know how it ended has a while for it.
    const key = place.keys.of("task", task.taskId);
    return [
      ...written,
      ["PEXPIRE", key, stateLimits.mirrorEndedTtlMs],
      ["ZREM", place.keys.all("task"), task.taskId],
    ];
  });

export const nodeCommands = (place: PlanPlace, node: NodeRecord): MirrorCommand[] =>
  recordCommands(place, { kind: "node", id: node.node, record: node });

export const queueCommands = (place: PlanPlace, queue: QueueView): MirrorCommand[] =>
  recordCommands(place, { kind: "queue", id: queue.queue, record: queue });

export const forgetCommands = (
  { keys }: PlanPlace,
  kind: MirrorKind,
  id: string,
): MirrorCommand[] => [
  ["UNLINK", keys.of(kind, id)],
  ["ZREM", keys.all(kind), id],
];

export const countCommands = (
  { keys }: PlanPlace,
  counts: NonNullable<StoreCut["counts"]>,
): MirrorCommand[] => [
  ["UNLINK", keys.counts],
  ["HSET", keys.counts, ...sealed(countsName, wordsOf(counts))],
];

export const eventCommands = (
  { keys }: PlanPlace,
  epoch: string,
  events: readonly StoreEvent[],
): MirrorCommand[] =>
  events.map((event) => [
    "PUBLISH",
    keys.event(event.channel),
    JSON.stringify({ epoch, ...event }),
  ]);

function recordCommands(
  { keys, generation }: PlanPlace,
  written: { readonly kind: MirrorKind; readonly id: string; readonly record: object },
): MirrorCommand[] {
  const { kind, id, record } = written;
  const key = keys.of(kind, id);
  return [
    ["UNLINK", key],
    ["HSET", key, ...sealed(recordName(kind, id), wordsOf(record))],
    ["ZADD", keys.all(kind), generation, id],
  ];
}

/** Field by field; what is null is left out, what has parts is JSON. */
export const wordsOf = (record: object): string[] =>
  Object.entries(record).flatMap(([field, value]) =>
    value === null || value === undefined ? [] : [field, textOf(value)],
  );

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
