// The meaning of every call of the task store: pure decisions over a shelf, the same whatever keeps
// the rows. Throws Failure, and then what the call wrote is to be undone.
//
//   submission, task-admission, idempotency a task comes in
//   claiming, affinity, leases, holding     a worker gets it, keeps it, gives it back
//   settlement, retry-plan, ending          its attempt ends, and perhaps the task
//   cancellation, deadlines, questions      what else becomes of it
//   transition, queue-counters              each of these moves, with all that goes with it
//   amendment, moments                      how it is described; how all stands at one moment
//   records/*                               what the cluster remembers beside tasks
import { ack } from "#protocols/protocol.ts";
import type { StoreArguments, StoreCommand, StoreMethod, StoreValue } from "./backend.ts";
import { amendTask } from "./decisions/amendment.ts";
import { cancel } from "./decisions/cancellation.ts";
import { claim, claimDelay, waitingKinds } from "./decisions/claiming.ts";
import { appendEvents, readEvents, tailEvents } from "./decisions/event-log.ts";
import { heartbeat, recall, release, releaseNode } from "./decisions/leases.ts";
import { cut } from "./decisions/moments.ts";
import { progress } from "./decisions/progress.ts";
import { counts, list, outcome, result, statistics, view } from "./decisions/queries.ts";
import {
  confirmAnswer,
  confirmationState,
  confirmRequest,
  openConfirmations,
} from "./decisions/questions.ts";
import { queueViews, setQueue } from "./decisions/queue-settings.ts";
import { check } from "./decisions/recount.ts";
import { complete, fail } from "./decisions/settlement.ts";
import { submit } from "./decisions/submission.ts";
import { retryTask } from "./decisions/task-retry.ts";
import { sweep } from "./decisions/upkeep.ts";
import { forgetTask, nextTasks, wholeTask, wholeTasks } from "./decisions/whole-tasks.ts";
import { isRecordWrite, recordDecisions } from "./records/record-decisions.ts";
import type { StoreContext } from "./store-context.ts";

type Decisions = {
  readonly [M in StoreMethod]: (context: StoreContext, ...args: StoreArguments<M>) => StoreValue<M>;
};

const decisions: Decisions = {
  info: ({ info }) => info,
  submit,
  claim,
  claimDelay,
  heartbeat,
  progress,
  complete,
  fail,
  release,
  recall,
  releaseNode,
  cancel,
  confirmRequest,
  confirmAnswer,
  confirmations: openConfirmations,
  confirmation: confirmationState,
  sweep,
  view,
  list,
  outcome,
  result,
  counts,
  statistics,
  setQueue,
  queues: queueViews,
  waitingKinds,
  appendEvents,
  readEvents,
  tailEvents,
  check,
  ping: () => ack,
  wholeTask,
  wholeTasks,
  nextTasks,
  forgetTask,
  retryTask,
  amendTask,
  cut,
  ...recordDecisions,
};

const writes: ReadonlySet<StoreMethod> = new Set<StoreMethod>([
  "submit",
  "claim",
  "heartbeat",
  "progress",
  "complete",
  "fail",
  "release",
  "recall",
  "releaseNode",
  "cancel",
  "confirmRequest",
  "confirmAnswer",
  "sweep",
  "setQueue",
  "appendEvents",
  "forgetTask",
  "retryTask",
  "amendTask",
]);

/** Whether the command may change rows, and so needs a commit before it is answered. */
export const isWrite = ({ method }: StoreCommand): boolean =>
  writes.has(method) || isRecordWrite(method);

/** The arguments have passed `StoreRequests`. */
export function perform<M extends StoreMethod>(
  context: StoreContext,
  { method, args }: { readonly method: M; readonly args: StoreArguments<M> },
): StoreValue<M> {
  return decisions[method](context, ...args);
}
