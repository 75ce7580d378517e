// What a store keeps, as the decisions see it: plain rows, whatever the back end makes of them. Times are
// milliseconds since 1970 UTC by the store's clock.
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import type { QueueSettings } from "#protocols/tasks/store.ts";
import type { AckLevel, Confirmation, RetryPolicy } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";

/** What a task costs, and which turns it has put back. */
export interface TurnCharge {
  readonly cost: number;
  /** By so many milliseconds; 0: none. */
  readonly turnMs: number;
  /** Whose; a new key moves its user's flow on, too. */
  readonly flow: "user" | "key" | "new key";
  /** Where the flow stood behind it, in milliseconds since 1970 UTC. */
  readonly untilMs: number;
}

export interface TaskRecord {
  // ---- as submitted; never changes
  readonly taskId: string;
  readonly type: string;
  readonly name: string;
  readonly description: string | null;
  readonly model: string;
  readonly queue: string;
  /** Which workers can run it, as `needsOf` writes it: the model and the required skills. */
  readonly needs: string;
  readonly requiredSkills: readonly string[];
  readonly optionalSkills: readonly string[];
  readonly affinityTags: readonly string[];
  readonly priority: number;
  readonly parameters: TaskParameters;
  readonly metadata: TaskParameters | null;
  readonly inputCount: number;
  /** Of parameters and inputs. */
  readonly payloadBytes: number;
  readonly maxRetries: number;
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  readonly userId: string | null;
  readonly fairKey: string | null;
  readonly isEvictable: boolean;
  readonly parentId: string | null;
  /** The eldest of its ancestors; itself, when it has none. */
  readonly rootId: string;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly ack: AckLevel;
  readonly submittedAt: number;
  /** Counts arrivals in the store. */
  readonly seq: number;
  /** Lowest first: arrival, plus what its priority puts it back. A retry keeps it. */
  readonly rank: number;
  readonly deadlineAt: number | null;
  /** Null: it costs 1, and its queue had no turns when it came. */
  readonly charge: TurnCharge | null;

  // ---- where it stands
  readonly status: TaskStatus;
  readonly version: number;
  readonly runAt: number;
  /** Null once it was claimed. */
  readonly queueDeadlineAt: number | null;
  readonly attempt: number;
  /** Of its newest lease; 0 before the first. */
  readonly fence: number;
  readonly retryCount: number;
  readonly lostLeases: number;
  readonly assignedNode: string | null;
  /** First claimed at. */
  readonly scheduledAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly cancelReason: string | null;
  readonly cancelBy: string | null;
  readonly errorClass: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  /** What the worker handed back beside its files. */
  readonly figures: TaskParameters | null;
  readonly resultCount: number;
  readonly resultBytes: number;
  /** When an ended task is forgotten. */
  readonly resultExpiresAt: number | null;
  readonly progress: number | null;
  readonly progressMessage: string | null;
  readonly progressAt: number | null;
}

export interface LeaseRecord {
  readonly taskId: string;
  readonly fence: number;
  readonly attempt: number;
  readonly node: string;
  readonly incarnation: number;
  readonly grantedAt: number;
  readonly expiresAt: number;
  readonly attemptDeadlineAt: number | null;
  readonly renewals: number;
}

export type AttemptEnd =
  | "completed"
  | "failed"
  | "lease_expired"
  | "cancelled"
  | "timed_out"
  | "released"
  | "parked";

export interface AttemptRecord {
  readonly taskId: string;
  readonly attempt: number;
  readonly fence: number;
  readonly node: string;
  readonly startedAt: number;
  readonly queueMs: number;
  readonly finishedAt: number | null;
  readonly runMs: number | null;
  readonly outcome: AttemptEnd | null;
  readonly errorClass: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly nextRunAt: number | null;
  readonly checkpoint: Uint8Array | null;
}

/** An attempt without its checkpoint, which may be large. */
export type AttemptFacts = Omit<AttemptRecord, "checkpoint">;

export interface QueueRecord extends Required<QueueSettings> {
  // ---- counted in the same transactions; `check` counts again
  readonly scheduled: number;
  readonly pending: number;
  /** Of what waits: scheduled and pending. */
  readonly pendingBytes: number;
  readonly running: number;
  readonly waitingConfirmation: number;
  readonly completedTotal: number;
  readonly failedTotal: number;
  readonly cancelledTotal: number;
  readonly timedOutTotal: number;
  readonly evictedTotal: number;
  // ---- of the last seconds: the retry budget and the rate of draining
  readonly window: RateWindow;
  readonly runs: RunFigures;
}

/** Of the completed attempts: means that the newest thousand make up. */
export interface RunFigures {
  /** Stays at 1,000. */
  readonly count: number;
  readonly queueMsMean: number;
  readonly runMsMean: number;
}

/** Counts of the running ten seconds, and of the ten before. */
export interface RateWindow {
  readonly startedAt: number;
  readonly claims: number;
  readonly retries: number;
  readonly ended: number;
  readonly claimsBefore: number;
  readonly retriesBefore: number;
  readonly endedBefore: number;
}

export interface KeyRecord {
  readonly scope: string;
  readonly key: string;
  /** SHA-256, as hex, of what the task is to do. */
  readonly fingerprint: string;
  readonly taskId: string;
  readonly ack: AckLevel;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface ConfirmationRecord {
  readonly callbackId: string;
  readonly taskId: string;
  readonly step: number;
  readonly attempt: number;
  readonly fence: number;
  readonly userId: string;
  readonly stepResult: TaskParameters;
  readonly mode: ConfirmationRequest["mode"];
  readonly onTimeout: ConfirmationRequest["onTimeout"];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Null while it is open; it also stays so when its task ends before anybody has answered. */
  readonly decision: Confirmation["decision"] | null;
  readonly feedback: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
}

/** That a task was there, for as long as whoever asks for it should hear `gone`. */
export interface TombstoneRecord {
  readonly taskId: string;
  readonly expiresAt: number;
}

/** A record while it is put together. */
export type Draft<T> = { -readonly [Field in keyof T]: T[Field] };
