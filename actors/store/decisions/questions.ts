// Questions to people. A worker that holds keeps its lease while it waits; one that parks gives it up,
// and its task waits without a worker until the answer makes it pending, in its old place. The first
// answer counts, and time is one of those who answer.
import { Failure } from "#protocols/failure.ts";
import type {
  ConfirmationAnswer,
  ConfirmationAnswered,
  ConfirmationAsked,
  ConfirmationPlace,
  ConfirmationRequest,
  ConfirmationState,
  OpenConfirmation,
  OpenConfirmationsQuery,
} from "#protocols/tasks/confirmation.ts";
import type { Confirmation } from "#protocols/tasks/task.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { ConfirmationRecord, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endCancelled } from "./cancellation.ts";
import { endAttempt, endTask } from "./ending.ts";
import { heldTask } from "./holding.ts";
import { advanced } from "./progress.ts";
import { tellAsked, tellWhoIsAsked } from "./question-news.ts";
import { begun } from "./steps-beginning.ts";
import { mark, move } from "./transition.ts";

export function confirmRequest(
  context: StoreContext,
  request: ConfirmationRequest,
): ConfirmationAsked {
  const held = heldTask(context, request.lease);
  if (!held) return { kind: "lost" };
  const task = begun(context, held);
  const former = formerOf(context, task, request.step);
  const callbackId = former?.callbackId ?? context.makeId();
  const isAnswered = former !== undefined && former.decision !== null;
  const isForOther = !isAnswered && former?.userId !== request.userId;
  if (!isAnswered) ask(context, task, request, former ?? { callbackId });
  if (isForOther) {
    if (former) tellAsked(context, task, former, "confirmation_withdrawn");
    tellWhoIsAsked(context, task, { ...request, callbackId }, "confirmation_requested");
  }
  if (request.mode === "park") park(context, task, request, isAnswered);
  else if (isForOther) mark(context, task, { event: "confirmation_requested", changes: {} });
  return { kind: "asked", callbackId };
}

export function confirmAnswer(
  context: StoreContext,
  answer: ConfirmationAnswer,
): ConfirmationAnswered {
  const { shelf } = context;
  const { callbackId, userId, decision, feedback } = answer;
  const asked = shelf.confirmation(callbackId);
  if (!asked) return { kind: "not_found" };
  if (userId !== null && userId !== asked.userId) return { kind: "forbidden" };
  if (asked.decision !== null) return { kind: "decided", decision: asked.decision };
  const task = shelf.task(asked.taskId);
  if (!task || isEnded(task.status)) return { kind: "decided", decision: "ended" };
  decide(context, asked, { decision, feedback, decidedBy: userId });
  goOn(context, task, asked);
  return { kind: "answered" };
}

/**
 * Open questions of living tasks, oldest first, those of one millisecond by id: so that a page goes on behind
 * the last one of the page before also when that was answered meanwhile. Reads all that come before it.
 */
export function openConfirmations(
  { shelf }: StoreContext,
  { userId, limit, after }: OpenConfirmationsQuery,
): readonly OpenConfirmation[] {
  const isLive = ({ taskId }: ConfirmationRecord): boolean => {
    const task = shelf.salvage(taskId);
    return task !== undefined && !isEnded(task.status);
  };
  for (let max = limit + 1; ; max *= 2) {
    const open = shelf.openConfirmations(userId, max);
    const isAll = open.length < max;
    const newestAt = open.at(-1)?.createdAt;
    const page = open
      // Of the last millisecond others may be missing, which come before these.
      .filter(({ createdAt }) => isAll || createdAt !== newestAt)
      .filter((asked) => after === undefined || byAge(asked, after) > 0)
      .filter(isLive)
      .sort(byAge);
    if (page.length >= limit || isAll) return page.slice(0, limit).map(openOf);
  }
}

const byAge = (a: ConfirmationPlace, b: ConfirmationPlace): number =>
  a.createdAt - b.createdAt ||
  (a.callbackId < b.callbackId ? -1 : a.callbackId > b.callbackId ? 1 : 0);

export function confirmationState(
  { shelf }: StoreContext,
  callbackId: string,
): ConfirmationState | null {
  const asked = shelf.confirmation(callbackId);
  if (!asked) return null;
  const { decision, feedback, decidedBy, decidedAt, taskId } = asked;
  const task = shelf.salvage(taskId);
  const isEndedTask = task === undefined || isEnded(task.status);
  return { ...openOf(asked), decision, feedback, decidedBy, decidedAt, isEnded: isEndedTask };
}

/**
 * Its time is over: does as the task said. The task's id, when that was to fail: also when a later attempt is
 * on its way to the question, which would take the silence for an answer.
 */
export function expireConfirmation(
  context: StoreContext,
  asked: ConfirmationRecord,
): string | undefined {
  const { taskId, onTimeout } = asked;
  decide(context, asked, { decision: `timeout_${onTimeout}`, feedback: null, decidedBy: null });
  const task = context.shelf.task(taskId);
  if (!task || isEnded(task.status)) return undefined;
  if (onTimeout !== "fail") {
    goOn(context, task, asked);
    return undefined;
  }
  tellWhoIsAsked(context, task, asked, "confirmed");
  if (task.cancelRequestedAt !== null) {
    endCancelled(context, task);
    return taskId;
  }
  const detail = `nobody answered step ${asked.step} within ${asked.expiresAt - asked.createdAt} ms`;
  const code = "CONFIRMATION_TIMEOUT";
  endTask(context, task, { status: "failed", class: "timeout", code, detail });
  return taskId;
}

/** What was decided so far, by step, for the attempt that goes on from there. */
export const decidedOf = ({ shelf }: StoreContext, taskId: string): readonly Confirmation[] =>
  shelf
    .confirmationsOf(taskId)
    .flatMap(({ step, decision, feedback }) =>
      decision === null ? [] : [{ step, decision, feedback }],
    )
    .sort((a, b) => a.step - b.step);

/** A step is asked once: by a later attempt, too. Fails with `invalid` for one question too many. */
function formerOf(
  { shelf, policy }: StoreContext,
  { taskId }: TaskRecord,
  step: number,
): ConfirmationRecord | undefined {
  const asked = shelf.confirmationsOf(taskId);
  const former = asked.find((confirmation) => confirmation.step === step);
  if (former || asked.length < policy.confirmationsMax) return former;
  const seen = `task ${taskId} has asked ${asked.length} questions, which is the maximum`;
  throw new Failure("invalid", `${seen}; let it end, and go on in another one`);
}

/** The question, of the newest attempt that asks it. The attempt may repeat it, and gains no time by that. */
function ask(
  { shelf, nowMs }: StoreContext,
  { taskId, attempt, fence }: TaskRecord,
  { step, userId, stepResult, mode, onTimeout, expiresMs }: ConfirmationRequest,
  former: Pick<ConfirmationRecord, "callbackId"> & Partial<ConfirmationRecord>,
): void {
  const isRepeated = former.fence === fence;
  const createdAt = (isRepeated ? former.createdAt : undefined) ?? nowMs;
  const expiresAt = (isRepeated ? former.expiresAt : undefined) ?? nowMs + expiresMs;
  shelf.putConfirmation({
    callbackId: former.callbackId,
    taskId,
    step,
    attempt,
    fence,
    userId,
    stepResult,
    mode,
    onTimeout,
    createdAt,
    expiresAt,
    decision: null,
    feedback: null,
    decidedBy: null,
    decidedAt: null,
  });
}

/**
 * Ends the attempt, and a task that was to be cancelled with it. When the answer is there already, the
 * task has nothing to wait for.
 */
function park(
  context: StoreContext,
  task: TaskRecord,
  { checkpoint, reached }: ConfirmationRequest,
  isAnswered: boolean,
): void {
  const pickUp = checkpoint ?? reached?.checkpoint;
  const moved = reached ? advanced(context, task, reached) : {};
  if (task.cancelRequestedAt !== null) {
    endCancelled(context, task, moved);
    return;
  }
  endAttempt(context, task, { outcome: "parked", ...(pickUp && { checkpoint: pickUp }) });
  const changes = { ...moved, assignedNode: null, runAt: context.nowMs };
  if (isAnswered) move(context, task, { to: "pending", event: "confirmed", changes });
  else {
    const event = "confirmation_requested";
    move(context, task, { to: "waiting_confirmation", event, changes });
  }
}

function decide(
  { shelf, nowMs }: StoreContext,
  asked: ConfirmationRecord,
  decided: Pick<ConfirmationRecord, "feedback" | "decidedBy"> & {
    readonly decision: Confirmation["decision"];
  },
): void {
  shelf.putConfirmation({ ...asked, ...decided, decidedAt: nowMs });
}

/** A parked task waits for the question that it was parked with, and for no earlier one. */
function goOn(context: StoreContext, task: TaskRecord, asked: ConfirmationRecord): void {
  const isParked = task.status === "waiting_confirmation" && asked.fence === task.fence;
  const event = "confirmed";
  const told =
    isParked && asked.mode === "park"
      ? move(context, task, { to: "pending", event, changes: { runAt: context.nowMs } })
      : mark(context, task, { event, changes: {} });
  tellWhoIsAsked(context, told, asked, event);
}

const openOf = (asked: ConfirmationRecord): OpenConfirmation => ({
  callbackId: asked.callbackId,
  taskId: asked.taskId,
  step: asked.step,
  userId: asked.userId,
  stepResult: asked.stepResult,
  createdAt: asked.createdAt,
  expiresAt: asked.expiresAt,
  onTimeout: asked.onTimeout,
  mode: asked.mode,
});
