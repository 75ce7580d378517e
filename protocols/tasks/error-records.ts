// What went wrong with tasks, as it is kept: groups of failures that are alike, and tasks that none runs
// again because they may be what ends their workers. One writer keeps them; the position says up to which
// event of the channel `errors` they count.
import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import { type Full, Moment, OrNull, RecordName, Whole } from "./record-fields.ts";
import { FailureClass } from "./task-failure.ts";

const Word = Type.String({ maxLength: 64 });
const Samples = Type.Array(Word, { maxItems: 8 });

export const ErrorGroup = Type.Object({
  /** Of the class, the code, the type of the task, the model and the detail without what varies. */
  fingerprint: Type.String({ pattern: "^[0-9a-f]{16}$" }),
  class: FailureClass,
  code: Word,
  type: Word,
  model: Word,
  /** With numbers, ids and paths replaced. */
  detail: Type.String({ maxLength: 512 }),
  /** The newest, as it came. */
  sample: Type.String({ maxLength: 512 }),
  count: Whole,
  /** Of these, attempts after which the task was tried again. */
  retried: Whole,
  firstAt: Moment,
  lastAt: Moment,
  /** The newest of each, newest first. */
  taskIds: Samples,
  nodes: Samples,
  queues: Samples,
  acknowledgedBy: OrNull(RecordName),
  acknowledgedAt: OrNull(Moment),
});
export type ErrorGroup = Readonly<Static<typeof ErrorGroup>>;

export const PoisonTask = Type.Object({
  taskId: Word,
  at: Moment,
  type: Word,
  model: Word,
  queue: Word,
  /** That it was on last. */
  node: OrNull(Word),
  why: Type.String({ maxLength: 512 }),
});
export type PoisonTask = Readonly<Static<typeof PoisonTask>>;

export const ErrorNotes = Type.Object({
  /** Number of the last event that is counted in. */
  seq: Whole,
  /** Events that were forgotten before they were read, ever. */
  missed: Whole,
  /** As they now stand. */
  groups: Type.Array(ErrorGroup, { maxItems: storeLimits.errorGroupsMax }),
  /** Fingerprints of groups that gave way. */
  forgotten: Type.Array(Word, { maxItems: storeLimits.errorGroupsMax }),
  poison: Type.Array(PoisonTask, { maxItems: storeLimits.poisonTasksMax }),
});
export type ErrorNotes = Readonly<Static<typeof ErrorNotes>>;

export interface KeptErrors {
  readonly seq: number;
  readonly missed: number;
  /** By fingerprint. */
  readonly groups: readonly ErrorGroup[];
  /** Newest first. */
  readonly poison: readonly PoisonTask[];
}

export interface ErrorRecords {
  /** All or nothing. The oldest poison tasks beyond the limit are forgotten. */
  keepErrors(notes: ErrorNotes): { readonly kind: "saved" } | Full;
  keptErrors(): KeptErrors;
}

export const errorRecordKinds = { keepErrors: ask, keptErrors: ask };

export const errorRecordSchemas = { keepErrors: [ErrorNotes], keptErrors: [] } as const;
