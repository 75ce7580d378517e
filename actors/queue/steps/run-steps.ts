// Takes a task of steps to its end: submits what can begin, waits for any of them, and goes on with what
// rests on it. The first step that ends without a result ends the task; its other steps are cancelled.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Confirmations } from "#protocols/tasks/confirmations.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { TaskStep, WorkStep } from "#protocols/tasks/steps.ts";
import type { TaskLease, TaskOutcome, TaskResult, TaskView } from "#protocols/tasks/task.ts";
import { AbortListeners } from "#runtime/core/abort-listeners.ts";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";
import { Parked } from "#runtime/tasks/ask-person.ts";
import { askStep } from "./ask-step.ts";
import { StepFailure } from "./step-failure.ts";
import {
  inputsOfStep,
  isAsking,
  isWork,
  readySteps,
  resultOfSteps,
  stepsOf,
  wishesOfStep,
  wishesOfWhole,
} from "./step-plan.ts";

export interface StepPorts {
  readonly queue: Ref<Queue>;
  /** Who carries questions to people. Fails with `unavailable` while there is nobody. */
  readonly confirmations: () => Promise<Ref<Confirmations>>;
  /** Aborted when the task is to be given up. */
  readonly signal: AbortSignal;
  /** How many of its steps are done, and which one was the last. Default: nobody is told. */
  readonly told?: (steps: {
    readonly done: number;
    readonly of: number;
    readonly last: string;
  }) => void;
  /** What was told last of how far the task is. Default: nothing. */
  readonly reached?: () => Reached | undefined;
  /** A moment, before something is tried again. */
  readonly pause: () => Promise<void>;
}

interface Progress {
  readonly lease: TaskLease;
  readonly steps: readonly TaskStep[];
  /** The task itself: what its steps inherit. */
  readonly view: TaskView;
  readonly tasks: Map<string, string>;
  readonly results: Map<string, TaskResult>;
}

/**
 * Rejects with a `StepFailure`, or with the Failure of whoever could not be asked; with `Parked` when
 * the task waits for a person.
 */
export async function runSteps(lease: TaskLease, ports: StepPorts): Promise<TaskResult> {
  const steps = stepsOf(lease.parameters, lease.inputs);
  const view = await asked(ports, () => ports.queue.view(lease.taskId));
  if (view === null) throw new Failure("not_found", `there is no task ${lease.taskId} any more`);
  const progress: Progress = { lease, steps, view, tasks: new Map(), results: new Map() };
  const whole = new JoinedSignal([ports.signal]);
  try {
    await goOn(steps, progress, { ...ports, signal: whole.signal });
    return resultOfSteps(steps, progress.results, progress.tasks);
  } catch (cause) {
    whole.abort();
    if (cause instanceof Parked) throw cause;
    // Whoever takes the task over needs the steps that go on; only when nobody will, they are in vain.
    const isCancelled = ports.signal.aborted;
    const { class: failureClass } = StepFailure.taskFailureOf(cause, { isCancelled });
    const isFinal = failureStrategies[failureClass].retriesMax === 0;
    if (isFinal && !isCancelled) cancelOthers(progress, ports);
    throw cause;
  } finally {
    whole.release();
  }
}

async function goOn(
  steps: readonly TaskStep[],
  progress: Progress,
  ports: StepPorts,
): Promise<void> {
  const running = new Map<string, Promise<string>>();
  const begun = new Set<string>();
  // Questions that a person can see, or is about to.
  const asked = new Set<string>();
  for (;;) {
    const done = new Set(progress.results.keys());
    for (const step of readySteps(steps, { begun, done })) {
      begun.add(step.name);
      const mayPark = (): boolean => {
        asked.add(step.name);
        return [...running.keys()].every((name) => asked.has(name));
      };
      // All that are ready are under way before the first of them looks around.
      const begins = Promise.resolve().then(() => runStep(step, { progress, ports, mayPark }));
      running.set(step.name, begins);
    }
    if (running.size === 0) return;
    const last = await Promise.race(running.values());
    running.delete(last);
    ports.told?.({ done: progress.results.size, of: steps.length, last });
  }
}

interface Run {
  readonly progress: Progress;
  readonly ports: StepPorts;
  /** Whether nothing is under way but questions that were asked before; then this one was, too. */
  readonly mayPark: () => boolean;
}

async function runStep(step: TaskStep, run: Run): Promise<string> {
  const { lease, results, steps, view, tasks } = run.progress;
  if (isAsking(step)) {
    const files = inputsOfStep(step, lease.inputs, results);
    const number = steps.indexOf(step);
    const question = { step, number, files, tasks, lease, userId: view.userId };
    const { mayPark, ports } = run;
    const result = await askStep(question, { ...ports, mayPark });
    results.set(step.name, result);
  } else if (isWork(step)) results.set(step.name, await workStep(step, run));
  return step.name;
}

async function workStep(step: WorkStep, { progress, ports }: Run): Promise<TaskResult> {
  const { lease, view, tasks, results } = progress;
  const { name, type, model, queue, priority = view.priority } = step;
  const { taskId } = await asked(ports, () =>
    ports.queue.submit({
      ...{ type, model, priority, name: `${view.name}: ${name}`.slice(0, 255) },
      parameters: step.parameters ?? {},
      inputs: inputsOfStep(step, lease.inputs, results),
      parentId: lease.taskId,
      ...{ idempotencyKey: `${lease.taskId}:${name}`, idempotencyScope: "steps" },
      ...(queue === undefined ? {} : { queue }),
      ...wishesOfWhole(view),
      ...wishesOfStep(step),
      ...(view.userId === null ? {} : { userId: view.userId }),
    }),
  );
  tasks.set(name, taskId);
  const outcome = await asked(ports, () => ports.queue.outcome(taskId));
  if (outcome.status !== "completed") throw failureOf(step, outcome);
  return outcome.result;
}

const failureOf = (
  { name }: TaskStep,
  { taskId, code, detail, status }: Exclude<TaskOutcome, { status: "completed" }>,
): StepFailure =>
  new StepFailure({
    code,
    detail: `step "${name}" (task ${taskId}) ended ${status}: ${detail}`.slice(0, 16_384),
    class: "validation",
  });

/** Asks again while an answer is only late, or there is no room just now. */
async function asked<R>({ signal, pause }: StepPorts, ask: () => Promise<R>): Promise<R> {
  for (;;) {
    if (signal.aborted) throw givenUp();
    const answer = await orAborted(ask(), signal);
    if (!(answer instanceof Failure)) return answer.value;
    const isLate = answer.code === "timeout";
    if (!isLate && !isPassing(answer)) throw answer;
    if (!isLate) await orAborted(pause(), signal);
  }
}

const isPassing = ({ code }: Failure): boolean => code === "queue_full" || code === "unavailable";

/** Many steps may wait beside one another. */
const listeners = new AbortListeners();

function orAborted<R>(
  asking: Promise<R>,
  signal: AbortSignal,
): Promise<{ readonly value: R } | Failure> {
  return new Promise((resolve) => {
    const waiter = { abort: (): void => resolve(givenUp()) };
    listeners.add(signal, waiter);
    asking
      .then(
        (value) => resolve({ value }),
        (error: unknown) => resolve(Failure.of(error)),
      )
      .finally(() => listeners.remove(signal, waiter));
  });
}

const givenUp = (): Failure => new Failure("cancelled", "the task of these steps was given up");

/** Steps that have not ended. */
function cancelOthers({ tasks, results }: Progress, { queue }: StepPorts): void {
  for (const [name, taskId] of tasks) {
    if (results.has(name)) continue;
    const reason = "another step of its task has failed";
    // One that this does not reach is done for nobody, and does no harm.
    queue.cancel({ taskId, reason }).catch(() => undefined);
  }
}
