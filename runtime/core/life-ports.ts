// The states of an actor's life, and what the life needs of its actor.
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Instance } from "./instance.ts";

/** `draining`: handles what waits, takes nothing new, then ends. */
export type LifeState =
  | "born"
  | "starting"
  | "running"
  | "draining"
  | "failed"
  | "suspending"
  | "suspended"
  | "ending"
  | "ended";

export interface LifePorts {
  readonly handling: {
    readonly isBusy: boolean;
    abort(): void;
    abandon(): void;
  };
  /** Its children; undefined as long as there were none. */
  readonly family: LifeFamily | undefined;
  /** A turn of the actor is on the stack. */
  readonly isInTurn: boolean;
  /** Milliseconds that `start` may take before it counts as failed. */
  readonly startTimeoutMs: number;
  /** Milliseconds for a handler in progress, then for `stopped`; also for all of a drain. */
  readonly stopTimeoutMs: number;
  /** Throws `BirthFailure`. */
  createInstance(): Instance;
  /** Calls back when `start` has taken `ms`, too long; answers how to prevent it. */
  startAlarm(ms: number, ring: () => void): () => void;
  /** The same for whatever is in progress when it ends. */
  stopAlarm(ms: number, ring: () => void): () => void;
  clearTimers(): void;
  /** `begin` is to be called soon, and not from here. */
  due(): void;
  /** The instance runs, or is to end once nothing waits: it needs a turn. */
  running(instance: Instance): void;
  /** No message may be handled. */
  halted(): void;
  /** It goes on after a failure: so may the children that failed with it. */
  resumed(): void;
  /** Whether messages of others are taken at all. */
  opened(isOpen: boolean): void;
  /** Messages and signals that wait. */
  pendingCount(): number;
  /** The supervisor is to decide. */
  crashed(failure: Failure, during: string): void;
  /** As `crashed`, but the actor wants to end. */
  left(): void;
  ended(exit: Exit): void;
  complain(failure: Failure | string): void;
}

export interface LifeFamily {
  /** A new instance begins: it may have children. */
  open(): void;
  /** A handler is to end before the children do: those that do not run end at once. */
  endStanding(): void;
  endAll(done: () => void): void;
}

/** What becomes of the actor when it has drained: it ends, or its supervisor decides. */
export type AfterDrain = "end" | "leave";
