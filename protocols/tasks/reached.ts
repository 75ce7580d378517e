// How far an attempt has come, as its worker tells it while it runs, and once more with its end: then
// what was reported last is kept in the same commit, and nothing is in a hurry to get there before.
import Type from "typebox";
import { bytesUpTo } from "../schema.ts";
import { storeLimits } from "../store-limits.ts";
import type { LeaseRef, TaskResult } from "./task.ts";
import type { TaskFailure } from "./task-failure.ts";

export const Reached = Type.Object({
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  message: Type.Union([
    Type.String({ maxLength: storeLimits.progressMessageLengthMax }),
    Type.Null(),
  ]),
  checkpoint: Type.Optional(bytesUpTo(storeLimits.checkpointBytesMax)),
  isReset: Type.Optional(Type.Boolean()),
});
export interface Reached {
  /** 0 to 1. */
  readonly progress: number;
  readonly message: string | null;
  /** What the next attempt may go on from. Default: the newest that was told before. */
  readonly checkpoint?: Uint8Array;
  /** It began anew: `progress` counts, also when it is less than what was reported before. */
  readonly isReset?: boolean;
}

/** How a worker ends an attempt; `reached` is what it reported last. */
export interface CompletedAttempt {
  readonly lease: LeaseRef;
  readonly result: TaskResult;
  /** Of its checkpoint nothing is kept: nobody goes on from what is done. */
  readonly reached?: Reached;
}
export interface FailedAttempt {
  readonly lease: LeaseRef;
  readonly failure: TaskFailure;
  readonly reached?: Reached;
}
