// Questions that a running task asks a person, and their answers.
import type { Confirmation, LeaseRef, TaskParameters } from "./task.ts";

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
  /** For `park`: what the next attempt is to go on from. */
  readonly checkpoint: Uint8Array | null;
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
