// What metrics say at one instant, as plain data: for a page, a test, a message to another node.
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { DurationsSeen } from "./duration-histogram.ts";
import type { Figure, ShownBound } from "./shown-figures.ts";

/** Messages of one method. Counters grow from the start of the process. */
export interface HandlingMetrics {
  readonly protocol: string;
  /** Path pattern; empty when paths are not told apart. */
  readonly group: string;
  readonly method: string;
  readonly done: number;
  readonly refused: number;
  readonly crashed: number;
  readonly leftBehind: number;
  /** Times that a message was put aside; in the end it is handled and counts above. */
  readonly putAside: number;
  readonly durations: DurationsSeen;
}

/** Actors of one protocol and group. */
export interface ActorMetrics {
  readonly protocol: string;
  readonly group: string;
  readonly spawned: number;
  readonly ended: number;
  readonly crashes: number;
  readonly restarts: number;
  /** As of now; absent when no system is attached. */
  readonly levels?: {
    readonly living: number;
    /** Messages in all their mailboxes. */
    readonly waiting: number;
    /** Messages in the fullest one. */
    readonly waitingMax: number;
    readonly waitingBytes: number;
  };
}

export interface MetricsSnapshot {
  readonly handlings: readonly HandlingMetrics[];
  readonly actors: readonly ActorMetrics[];
  readonly deadLetters: readonly { readonly reason: FailureCode; readonly count: number }[];
  /** The system's account of messages, where it has one. */
  readonly messages?: {
    readonly sent: number;
    readonly processed: number;
    readonly queued: number;
    readonly dead: number;
    readonly inFlight: number;
    /** `dead` by cause; the answers of full mailboxes by the names of their policies. */
    readonly deadBy: Readonly<Record<string, number>>;
  };
  /** Answers that came when their ask had ended. */
  readonly lateReplies?: number;
  /** Of the engine and its transport, where a system is attached, and of what else is shown. */
  readonly bounds: readonly ShownBound[];
  /** Of parts that are no actors. */
  readonly figures: readonly Figure[];
  /** Times that something was counted as `other` because there were too many series. */
  readonly overflowed: number;
}
