// What happened to tasks, as numbered events. Every transition of a task writes one event to each
// channel that it concerns, in the same transaction:
//
//   task:<task id>    queue:<queue>    user:<user id>, when it has one
//
// Every change of a node that counts in its version does so to node:<name>.
// Numbers are dense per channel, from 1; `eventId` is dense over all channels, in the order of commits.
import type { TaskParameters } from "./task-parameters.ts";
import type { TaskStatus } from "./task-states.ts";

export const channelOf = {
  task: (taskId: string): string => `task:${taskId}`,
  queue: (queue: string): string => `queue:${queue}`,
  user: (userId: string): string => `user:${userId}`,
  /** Of every failed attempt, one event. */
  errors: "errors",
  node: (node: string): string => `node:${node}`,
} as const;

/** A transition is named after the state that it led to, or after what made it go back there. */
export type TaskEventType =
  | TaskStatus
  | "submitted"
  | "retried"
  | "lease_lost"
  | "released"
  | "cancel_requested"
  | "confirmation_requested"
  /** Told only to whom a question was put that was given to another user since, or whose task has ended. */
  | "confirmation_withdrawn"
  | "confirmed"
  | "amended";

export interface StoreEvent {
  readonly eventId: number;
  readonly channel: string;
  readonly seq: number;
  /** A `TaskEventType`, or what `append` was given. */
  readonly type: string;
  readonly taskId: string | null;
  readonly payload: TaskParameters;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

export interface NewEvent {
  readonly channel: string;
  readonly type: string;
  readonly taskId: string | null;
  readonly payload: TaskParameters;
}

/** The events behind a number, over all channels. */
export interface EventTail {
  /** Oldest first. */
  readonly events: readonly StoreEvent[];
  /** The number of the last of them, or the newest that was ever given when there is no more: go on behind it. */
  readonly upTo: number;
  /** Some that had a number up to that one are not kept any more: whoever kept up by them must begin anew. */
  readonly isTrimmed: boolean;
}

export interface EventPage {
  /** Oldest first. */
  readonly events: readonly StoreEvent[];
  /** The number of the channel's newest event; 0 when there never was one. */
  readonly head: number;
  /** Events behind `afterSeq` that are not kept any more: the reader needs a snapshot instead. */
  readonly isTrimmed: boolean;
}
