// What the StateManager is asked and answers, beside the readings: the terms of reads and changes, and of
// those who follow.
import Type, { type Static } from "typebox";
import type { Ref } from "../actor-ref.ts";
import type { OpenConfirmation } from "./confirmation.ts";
import type { NodeRecord, NodeState } from "./node-record.ts";
import { NodeChange } from "./node-records.ts";
import type { QueueView } from "./queue-view.ts";
import { type NotFound, RecordVersion, type Stale } from "./record-fields.ts";
import type { StateListener, SystemFigures } from "./state-notices.ts";
import type { TaskView } from "./task.ts";
import type { WholeTask } from "./task-records.ts";

const MaxAge = Type.Integer({ minimum: 0, maximum: 3_600_000 });
const Id = Type.String({ minLength: 1, maxLength: 64 });

export const ReadTerms = Type.Object({
  /** How old the answer may be, in milliseconds; 0: from the store. Default: 1,000. */
  maxAgeMs: Type.Optional(MaxAge),
});
export type ReadTerms = Readonly<Static<typeof ReadTerms>>;

export const TaskRead = Type.Object({
  taskId: Id,
  maxAgeMs: Type.Optional(MaxAge),
  /** A version that the reader has seen: an older one in the cache does not do. */
  versionMin: Type.Optional(RecordVersion),
});
export type TaskRead = Readonly<Static<typeof TaskRead>>;

/** With the version that was read: a record that has another by now stays as it is. */
export const VersionedNodeChange = Type.Object({
  ...NodeChange.properties,
  version: RecordVersion,
});
export type VersionedNodeChange = Readonly<Static<typeof VersionedNodeChange>>;

export interface TaskSaved {
  readonly kind: "saved";
  readonly task: WholeTask;
}
export type TaskChanged = TaskSaved | Stale | NotFound;
/** What became of one of several changes. */
export type ItemResult<T> =
  | T
  | { readonly kind: "failed"; readonly code: string; readonly detail: string };

export type NodeRemoval =
  | { readonly kind: "removed" }
  | NotFound
  /** It is heard: end it, or wait until it is offline. */
  | { readonly kind: "alive"; readonly status: NodeState };

export type TaskRemoval =
  | { readonly kind: "removed" }
  /** It runs: its worker was asked to give up; remove it when it has ended. */
  | { readonly kind: "requested" }
  | NotFound;

export interface Subscription {
  readonly subscriber: Ref<StateListener>;
  readonly channels: readonly string[];
}

/** Where each channel stands: the events behind `head` are told. */
export interface ChannelHead {
  readonly channel: string;
  readonly head: number;
}
export interface Subscribed {
  readonly epoch: string;
  readonly heads: readonly ChannelHead[];
}

export interface ResumeRequest {
  readonly subscriber: Ref<StateListener>;
  readonly channel: string;
  readonly epoch: string;
  /** The number of the last event that the subscriber has. */
  readonly after: number;
  /** Events that are made up for. Default: 300. */
  readonly limit?: number;
}

/**
 * `recovered`: the events behind `after` are told, then all that follow. Else the subscriber begins with
 * the snapshot, and the events behind `head` are told. Either way without a gap, and none twice.
 */
export type Resumption =
  | {
      readonly kind: "recovered";
      readonly epoch: string;
      readonly count: number;
      readonly head: number;
    }
  | {
      readonly kind: "snapshot";
      readonly reason: "epoch" | "trimmed" | "limit";
      readonly epoch: string;
      readonly head: number;
      readonly snapshot: ChannelSnapshot;
    };

/** What a channel tells of, as it is: at least as new as `head`. */
export type ChannelSnapshot =
  | { readonly kind: "task"; readonly task: TaskView | null }
  /** `tasks`: the first 100 that are known of the user, by arrival; the questions are still open. */
  | {
      readonly kind: "user";
      readonly tasks: readonly TaskView[];
      readonly confirmations: readonly OpenConfirmation[];
    }
  | { readonly kind: "node"; readonly node: NodeRecord | null }
  | { readonly kind: "queue"; readonly queue: QueueView | null }
  | { readonly kind: "room" }
  | { readonly kind: "system"; readonly figures: SystemFigures };
