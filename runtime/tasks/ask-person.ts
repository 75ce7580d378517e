// How a worker asks a person in the middle of a task. It holds its lease and waits, or parks: then the
// attempt ends, and the next one is handed the decision. Answered steps are not asked again.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import {
  type ConfirmationRequest,
  type PersonQuestion,
  questionExpiresMsDefault,
  type TaskStepResult,
  type UserConfirmation,
} from "#protocols/tasks/confirmation.ts";
import type { Confirmations } from "#protocols/tasks/confirmations.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { Confirmation, TaskLease } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

export interface AskingWorker {
  /** Found anew for each round: another may carry the questions by then. Fails with `unavailable`. */
  confirmations(): Promise<Ref<Confirmations>>;
  readonly node: string;
  readonly lease: TaskLease;
  /** Aborted when the task was cancelled, or its lease is lost. */
  readonly signal: AbortSignal;
  /** Whether the attempt can end now. Asked again while it holds. */
  mayPark(): boolean;
  /** What was reported last of how far the attempt is: it goes along with what parks. Default: nothing. */
  readonly reached?: () => Reached | undefined;
  /** A moment, before something is tried again. May fail when the signal is aborted. */
  pause(): Promise<void>;
}

/** The attempt has ended: whoever runs it lets go of it, and reports nothing. */
export class Parked extends Error {
  constructor(taskId: string) {
    super(`task ${taskId} waits for an answer without a worker`);
    this.name = "Parked";
  }
}

/** Questions that may stay open for longer give the worker's slot back. */
export const holdMsMax = 10_000;
/** One wait for the decision; then it is looked whether to park. */
const sliceMs = 2_000;

/** What the question is to do, as soon as the attempt can end. */
export const wishOf = ({ mode, ...question }: PersonQuestion): ConfirmationRequest["mode"] =>
  mode ?? (expiresMsOf(question) > holdMsMax ? "park" : "hold");

/** Milliseconds that the person has. */
export const expiresMsOf = ({ expiresMs }: Pick<PersonQuestion, "expiresMs">): number =>
  expiresMs ?? questionExpiresMsDefault;

/** Throws `Parked`; fails with `cancelled` when the task is to be given up. */
export async function askPerson(
  worker: AskingWorker,
  question: PersonQuestion,
): Promise<Confirmation> {
  const { lease, signal } = worker;
  const known = lease.confirmations.find(({ step }) => step === question.step);
  if (known) return known;
  const wish = wishOf(question);
  for (;;) {
    if (signal.aborted) throw givenUp(lease);
    const mode = wish === "park" && worker.mayPark() ? "park" : "hold";
    const answer = await tried(worker, () => oneRound(worker, question, mode));
    if (answer) return answer;
  }
}

async function oneRound(
  worker: AskingWorker,
  question: PersonQuestion,
  mode: ConfirmationRequest["mode"],
): Promise<Confirmation | undefined> {
  const { lease, node, signal } = worker;
  const { taskId, fence, epoch } = lease;
  const confirmations = await worker.confirmations();
  if (signal.aborted) throw givenUp(lease);
  const reached = mode === "park" ? worker.reached?.() : undefined;
  const asked = await confirmations.$.with({ signal }).question({
    node,
    question: {
      checkpoint: null,
      ...question,
      expiresMs: expiresMsOf(question),
      lease: { taskId, fence, epoch },
      mode,
      ...(reached && { reached }),
    },
  });
  if (asked.kind === "lost") throw givenUp(lease);
  if (mode === "park") throw new Parked(taskId);
  return confirmations.$.with({ within: sliceMs, signal }).decision(asked.callbackId);
}

/** Undefined when nothing is decided yet, or whoever was asked is coming back. */
async function tried(
  worker: AskingWorker,
  round: () => Promise<Confirmation | undefined>,
): Promise<Confirmation | undefined> {
  const { signal, lease } = worker;
  try {
    return await round();
  } catch (cause) {
    if (cause instanceof Parked) throw cause;
    if (signal.aborted) throw givenUp(lease);
    const failure = Failure.of(cause);
    if (!failure.isRetryable) throw failure;
    if (failure.code !== "timeout") await worker.pause();
    return undefined;
  }
}

const givenUp = ({ taskId }: TaskLease): Failure =>
  new Failure("cancelled", `task ${taskId} was given up while a person was asked`);

export const parametersOfStep = (told: TaskStepResult): TaskParameters => ({
  ...{ completed: false, error_code: null, error_message: null },
  ...told,
});

/** Who is told of a step, and its place among the questions of the task. */
export interface PersonTold {
  readonly userId: string;
  readonly step: number;
}

/** As the systems before this one asked: it holds, as long as by default, and silence is a yes. */
export const noticeOf = (told: TaskStepResult, { userId, step }: PersonTold): PersonQuestion => ({
  ...{ step, userId, stepResult: parametersOfStep(told) },
  ...{ onTimeout: "proceed", mode: "hold" },
});

export const userConfirmationOf = ({ decision, feedback }: Confirmation): UserConfirmation => ({
  proceed: isYes(decision),
  ...(feedback === null ? {} : { feedback }),
});

export const isYes = (decision: Confirmation["decision"]): boolean =>
  decision === "proceed" || decision === "timeout_proceed";
