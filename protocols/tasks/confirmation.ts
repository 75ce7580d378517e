// Questions that a running task asks a person, and their answers.
import type { Reached } from "./reached.ts";
import type { Confirmation, LeaseRef } from "./task.ts";
import type { TaskParameters } from "./task-parameters.ts";

export interface ConfirmationRequest {
  readonly lease: LeaseRef;
  /** Counts the questions of one attempt; asking the same step again answers with the first. */
  readonly step: number;
  /** Who may answer. */
  readonly userId: string;
  readonly stepResult: TaskParameters;
  readonly expiresMs: number;
  readonly onTimeout: "proceed" | "reject" | "fail";
  /** `hold`: the worker keeps its lease and waits. `park`: the lease ends, and with it the attempt. */
  readonly mode: "hold" | "park";
  /** For `park`: what the next attempt is to go on from; null: from what it reported last. */
  readonly checkpoint: Uint8Array | null;
  /** For `park`: what the worker reported last. */
  readonly reached?: Reached;
}

/** Milliseconds for which a question stays open that says nothing of its time. */
export const questionExpiresMsDefault = 300_000;

/** As whoever runs a task puts it. */
export interface PersonQuestion
  extends Pick<ConfirmationRequest, "step" | "userId" | "stepResult" | "onTimeout"> {
  /** 1 ms to 400 days. Default: `questionExpiresMsDefault`. */
  readonly expiresMs?: number;
  /** Default: `park` for questions that may stay open for more than ten seconds. */
  readonly mode?: ConfirmationRequest["mode"];
  /** What the next attempt is to go on from, when it parks. */
  readonly checkpoint?: Uint8Array;
}

/** What a step tells the person, under the names that clients know. */
export interface TaskStepResult {
  readonly step: string;
  readonly result: string | null;
  readonly completed?: boolean;
  readonly message: string;
  readonly status: string;
  readonly error_code?: string | null;
  readonly error_message?: string | null;
}
export interface UserConfirmation {
  readonly proceed: boolean;
  readonly feedback?: string;
}

export type ConfirmationAsked =
  | { readonly kind: "asked"; readonly callbackId: string }
  | { readonly kind: "lost" };

export interface OpenConfirmation {
  readonly callbackId: string;
  readonly taskId: string;
  readonly step: number;
  readonly userId: string;
  readonly stepResult: TaskParameters;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly onTimeout: ConfirmationRequest["onTimeout"];
  readonly mode: ConfirmationRequest["mode"];
}

/** Where a question stands among the open ones. */
export type ConfirmationPlace = Pick<OpenConfirmation, "createdAt" | "callbackId">;

export interface OpenConfirmationsQuery {
  /** Null: everybody's. */
  readonly userId: string | null;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Only those behind this one, which need not be open any more. */
  readonly after?: ConfirmationPlace;
}

/** A question, open or not. */
export interface ConfirmationState extends OpenConfirmation {
  /** Null while it is open, and when its task ended before anybody answered. */
  readonly decision: Confirmation["decision"] | null;
  readonly feedback: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** Its task has ended. */
  readonly isEnded: boolean;
}

export interface ConfirmationAnswer {
  readonly callbackId: string;
  /** Who answers; `null` stands for one who may answer for anybody. */
  readonly userId: string | null;
  readonly decision: "proceed" | "reject";
  readonly feedback: string | null;
}

export type ConfirmationAnswered =
  | { readonly kind: "answered" }
  /** Somebody, or its time, was faster; or the task has ended. */
  | { readonly kind: "decided"; readonly decision: Confirmation["decision"] | "ended" }
  | { readonly kind: "forbidden" }
  | { readonly kind: "not_found" };
