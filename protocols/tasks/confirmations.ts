// The protocol of questions to people: workers ask, whoever was asked answers. Questions and answers stand
// in the store, so that either side may be gone meanwhile.
//
//   worker ──question──► Confirmations ──► store ◄── open, answer ── person (HTTP, command line)
//   worker ◄──decision── Confirmations
import Type, { type Static } from "typebox";
import { ask, protocol } from "../protocol.ts";
import { bytesUpTo } from "../schema.ts";
import { storeLimits } from "../store-limits.ts";
import type {
  ConfirmationAnswered,
  ConfirmationAsked,
  ConfirmationState,
  OpenConfirmation,
  OpenConfirmationsQuery,
} from "./confirmation.ts";
import { Reached } from "./reached.ts";
import { NodeName, OrNull } from "./record-fields.ts";
import { type Confirmation, LeaseRef } from "./task.ts";
import { TaskParameters } from "./task-parameters.ts";
import { UserId } from "./user-id.ts";

export const confirmationsName = "confirmations";

const Name = Type.String({ minLength: 1, maxLength: 64 });
const daysMsMax = 400 * 24 * 3_600_000;

export const QuestionTerms = Type.Object({
  /** Counts the questions of a task; a step is asked once. */
  step: Type.Integer({ minimum: 0 }),
  /** Who may answer. */
  userId: UserId,
  stepResult: TaskParameters,
  expiresMs: Type.Integer({ minimum: 1, maximum: daysMsMax }),
  onTimeout: Type.Enum(["proceed", "reject", "fail"]),
  mode: Type.Enum(["hold", "park"]),
  checkpoint: OrNull(bytesUpTo(storeLimits.checkpointBytesMax)),
});
/** `$steps` is no name of a node in the network, and asks too. */
const WorkerNode = Type.Union([NodeName, Type.Literal("$steps")]);

export const WorkerQuestion = Type.Object({
  node: WorkerNode,
  question: Type.Object({
    lease: LeaseRef,
    ...QuestionTerms.properties,
    reached: Type.Optional(Reached),
  }),
});
export type WorkerQuestion = Readonly<Static<typeof WorkerQuestion>>;

export const PersonAnswer = Type.Object({
  callbackId: Name,
  /** null: who may answer for anybody. */
  userId: OrNull(Name),
  decision: Type.Enum(["proceed", "reject"]),
  feedback: OrNull(Type.String({ maxLength: 16_384 })),
});
export type PersonAnswer = Readonly<Static<typeof PersonAnswer>>;

const ConfirmationPlace = Type.Object({
  createdAt: Type.Integer({ minimum: 0 }),
  callbackId: Name,
});

export interface Confirmations {
  /** `park` ends the attempt, and the worker's slot is free; the next attempt gets the decision. */
  question(question: WorkerQuestion): ConfirmationAsked;
  /** Waits until it is decided. Fails with `not_found` when there is none, or its task has ended. */
  decision(callbackId: string): Confirmation;
  /** Oldest first. */
  open(query: OpenConfirmationsQuery): readonly OpenConfirmation[];
  find(callbackId: string): ConfirmationState | null;
  /** The first answer counts. */
  answer(answer: PersonAnswer): ConfirmationAnswered;
}

export const Confirmations = protocol<Confirmations>("tasks.Confirmations@1", {
  question: ask,
  decision: ask({ within: 120_000 }),
  open: ask,
  find: ask,
  answer: ask,
}).checked({
  question: [WorkerQuestion],
  decision: [Name],
  open: [
    Type.Object({
      userId: OrNull(Name),
      limit: Type.Integer({ minimum: 1, maximum: storeLimits.storePageMax }),
      after: Type.Optional(ConfirmationPlace),
    }),
  ],
  find: [Name],
  answer: [PersonAnswer],
});
