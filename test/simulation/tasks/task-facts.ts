// What a simulated task store shows of its commits, as facts of the history: plain JSON, written by the
// store when a commit is durable and before anybody is answered, and read by the checks.
import { systemChannel } from "#protocols/tasks/queue-monitor.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";

/** A task as a commit has left it; times are the store's. */
export interface KeptTask {
  readonly taskId: string;
  readonly queue: string;
  readonly userId: string | null;
  readonly status: TaskStatus;
  readonly version: number;
  readonly attempt: number;
  readonly fence: number;
  /** 0: it has no lease. */
  readonly leaseFence: number;
  readonly retryCount: number;
  readonly maxRetries: number;
  readonly lostLeases: number;
  readonly runAt: number;
  readonly deadlineAt: number | null;
  /** Null once it was claimed; of a task of steps, once one of them was. */
  readonly queueDeadlineAt: number | null;
  readonly isCancelRequested: boolean;
  readonly parentId: string | null;
  readonly priority: number;
  readonly submittedAt: number;
  /** Where it stands; lowest first. */
  readonly rank: number;
  /** What it asks of a worker: who can run one such task can run all. */
  readonly needs: string;
  readonly isEvictable: boolean;
  /** Of the newest failure. */
  readonly errorClass: string | null;
  readonly name: string | null;
}

/** A question to a person that was decided just then. */
export interface KeptQuestion {
  readonly taskId: string;
  readonly decision: string;
  readonly expiresAt: number;
}

/** An attempt that has ended. */
export interface KeptAttempt {
  readonly taskId: string;
  readonly attempt: number;
  readonly node: string;
  readonly outcome: string | null;
  readonly errorClass: string | null;
  readonly errorCode: string | null;
  /** When the task is tried again; null: it is not. */
  readonly nextRunAt: number | null;
}

const failed: ReadonlySet<string | null> = new Set(["failed", "timed_out"]);

/** By itself, and not with its lease or its task. */
export const attemptFailed = ({ outcome }: KeptAttempt): boolean => failed.has(outcome);

/** There was no room for a submission. */
export interface KeptRefusal {
  readonly queue: string;
  readonly userId: string | null;
  readonly priority: number;
  /** Which room was used up. */
  readonly limit: string;
}

export interface KeptEvent {
  readonly eventId: number;
  readonly channel: string;
  readonly seq: number;
  readonly type: string;
  readonly taskId: string;
  readonly status: string;
  /** Attempts that it has had; the newest may be under way. */
  readonly attempt: number;
  /** Where it runs; null: nowhere. */
  readonly node: string | null;
  /** Why it is again where it failed. */
  readonly note: string | null;
}

export type QueueCounters = Readonly<Record<TaskStatus, number>>;

/** Whose events are followed by somebody. */
export const followedChannels: readonly string[] = [
  ...[channelOf.user("one"), channelOf.user("two"), systemChannel],
  ...[channelOf.queue("default"), channelOf.queue("fair")],
];

/** A node as an order of its operator has left it, or found it when it had taken effect before. */
export interface KeptHold {
  readonly node: string;
  readonly version: number;
  /** Why it is paused, which is the id of the command; null: it is not. */
  readonly pausedBy: string | null;
}

/** One commit. */
export interface Kept {
  /** The store's clock. */
  readonly at: number;
  /** It has done what time demands. */
  readonly isSwept: boolean;
  readonly tasks: readonly KeptTask[];
  /** Of tasks, in the order of the store. */
  readonly events: readonly KeptEvent[];
  readonly queues: readonly (readonly [queue: string, counters: QueueCounters])[];
  /** Keys that made a task. */
  readonly keys: readonly (readonly [key: string, taskId: string])[];
  /** Extended by a heartbeat. */
  readonly renewed: readonly (readonly [taskId: string, fence: number])[];
  /** Of whose lease something was reported, and taken for its task's. */
  readonly heeded: readonly (readonly [taskId: string, fence: number])[];
  readonly questions: readonly KeptQuestion[];
  /** That ended just then. */
  readonly attempts: readonly KeptAttempt[];
  readonly refusals: readonly KeptRefusal[];
  /** Nodes that operators keep tasks from, or not any more. */
  readonly holds: readonly KeptHold[];
}

/** A store has begun anew from what the disk has kept. */
export interface Reopened {
  /** The number of the newest event. */
  readonly head: number;
}

export interface TaskFacts {
  /** A commit is durable. */
  kept: Kept;
  reopened: Reopened;
  /** A client was told that its submission is stored. */
  acknowledged: {
    readonly key: string | null;
    readonly taskId: string;
    /** Of what it handed in; as of all files, `digestsOf` them. */
    readonly files: readonly string[];
  };
  /** A client was told how the task ended; `digest` stands for all of it. */
  outcome: {
    readonly taskId: string;
    readonly status: string;
    readonly digest: string;
    /** Of its result. */
    readonly files: readonly string[];
  };
  /** A client was told that there is no such task any more. */
  gone: { readonly taskId: string };
  /** A client was told what came of its wish to cancel. */
  cancelled: { readonly taskId: string; readonly kind: string };
  /** At rest: a task that the store lists. */
  listed: { readonly taskId: string; readonly status: string };
  /** All of them. */
  listedAll: { readonly count: number };
  /** A worker was handed a lease. */
  took: { readonly taskId: string; readonly fence: number };
  /** With these inputs, whether it holds the lease or strays. */
  handed: HandedFiles;
  /** It has made these of it. */
  made: HandedFiles;
  /** It works on it. */
  works: { readonly taskId: string; readonly fence: number };
  /** It was told that its result is the task's. */
  committed: { readonly taskId: string; readonly fence: number };
  /** Its attempt is over: the task waits for a person. */
  parked: { readonly taskId: string; readonly fence: number };
  /** It is about to tell how its attempt ended. */
  reports: { readonly taskId: string; readonly fence: number };
  /** It is about to ask a person, whose silence is to mean that. */
  asks: { readonly taskId: string; readonly onTimeout: string };
  /** It was told what a person, or time, has decided of its task. */
  decided: { readonly taskId: string; readonly decision: string };
  /** A person was told that this answer counts. */
  answered: { readonly taskId: string; readonly decision: string };
  /** An operator was told that no task goes to that node. */
  held: { readonly node: string };
  /** An operator issues a command. */
  issued: { readonly commandId: string; readonly command: string; readonly node: string | null };
  /** It was told how the command ended, or ended before. */
  commanded: {
    readonly commandId: string;
    readonly status: string;
    /** As JSON. */
    readonly response: string;
    readonly code: string | null;
  };
  /** A command has come to its handler. */
  counted: { readonly commandId: string };
  /** A node was told to end, and to come back. */
  leaves: { readonly commandId: string };
  /** A document was made the active one. */
  configured: { readonly document: string };
  /** At rest: what the history has of a command that was answered; whether it was acknowledged. */
  commandKept: {
    readonly commandId: string;
    readonly status: string;
    readonly code: string | null;
    readonly isTaken: boolean;
  };
  /** At rest: whether an operator holds the node. */
  nodeHeld: { readonly node: string; readonly isHeld: boolean };
  /** At rest: what the active document sets of a queue, and what the queue goes by. */
  queueConfigured: { readonly active: number; readonly inForce: number };
  /** Whoever follows a channel is told what comes behind that event. */
  follows: { readonly channel: string; readonly head: number };
  /** It is told of the next one. */
  heard: HeardEvent;
}

export interface HandedFiles {
  readonly taskId: string;
  readonly fence: number;
  readonly files: readonly string[];
}

export interface HeardEvent {
  readonly channel: string;
  readonly seq: number;
  readonly type: string;
  readonly taskId: string | null;
}

export type TaskFact = keyof TaskFacts;

export function recordFact<F extends TaskFact>(
  { record }: Pick<SimulatedHost, "record">,
  name: F,
  fact: TaskFacts[F],
): void {
  record({ kind: "fact", name, about: JSON.stringify(fact) });
}

/** That something happened, for those who want to know whether it ever does. */
export function recordSight({ record }: Pick<SimulatedHost, "record">, name: string): void {
  record({ kind: "fact", name, about: "" });
}

export const readFact = <F extends TaskFact>(_: F, about: string): TaskFacts[F] =>
  JSON.parse(about);
