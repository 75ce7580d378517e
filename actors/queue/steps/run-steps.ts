// Takes a task of steps to its end: submits what can begin, waits for any of them, and goes on with what
// rests on it. The first step that ends without a result ends the task; its other steps are cancelled.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import type { TaskStep } from "#protocols/tasks/steps.ts";
import type { TaskLease, TaskOutcome, TaskResult, TaskView } from "#protocols/tasks/task.ts";
import { StepFailure } from "./step-failure.ts";
import { inputsOfStep, lastSteps, readySteps, resultOfSteps, stepsOf } from "./step-plan.ts";

export interface StepPorts {
  readonly queue: Ref<Queue>;
  /** Aborted when the task is to be given up. */
  readonly signal: AbortSignal;
  /** A moment, before something is tried again. */
  readonly pause: () => Promise<void>;
}

interface Progress {
  readonly lease: TaskLease;
  /** The task itself: what its steps inherit. */
  readonly view: TaskView;
  readonly tasks: Map<string, string>;
  readonly results: Map<string, TaskResult>;
}

/** Rejects with a `StepFailure`, or with the Failure of whoever could not be asked. */
export async function runSteps(lease: TaskLease, ports: StepPorts): Promise<TaskResult> {
  const steps = stepsOf(lease.parameters, lease.inputs);
  const view = await asked(ports, () => ports.queue.view(lease.taskId));
  if (view === null) throw new Failure("not_found", `there is no task ${lease.taskId} any more`);
  const progress: Progress = { lease, view, tasks: new Map(), results: new Map() };
  const stop = new AbortController();
  const signal = AbortSignal.any([ports.signal, stop.signal]);
  try {
    await goOn(steps, progress, { ...ports, signal });
    return resultOfSteps(lastSteps(steps), progress.results, progress.tasks);
  } catch (cause) {
    stop.abort();
    // Whoever takes the task over needs the steps that go on; only when nobody will, they are in vain.
    const isFinal = StepFailure.taskFailureOf(cause).class === "validation";
    if (isFinal && !ports.signal.aborted) cancelOthers(progress, ports);
    throw cause;
  }
}

async function goOn(
  steps: readonly TaskStep[],
  progress: Progress,
  ports: StepPorts,
): Promise<void> {
  const running = new Map<string, Promise<string>>();
  const begun = new Set<string>();
  for (;;) {
    const done = new Set(progress.results.keys());
    for (const step of readySteps(steps, { begun, done })) {
      begun.add(step.name);
      running.set(step.name, runStep(step, progress, ports));
    }
    if (running.size === 0) return;
    running.delete(await Promise.race(running.values()));
  }
}

async function runStep(step: TaskStep, progress: Progress, ports: StepPorts): Promise<string> {
  const { lease, view, tasks, results } = progress;
  const { name, type, model, queue, priority = view.priority, requiredSkills } = step;
  const { taskId } = await asked(ports, () =>
    ports.queue.submit({
      ...{ type, model, priority, name: `${view.name}: ${name}`.slice(0, 255) },
      parameters: step.parameters ?? {},
      inputs: inputsOfStep(step, lease.inputs, results),
      parentId: lease.taskId,
      ...{ idempotencyKey: `${lease.taskId}:${name}`, idempotencyScope: "steps" },
      ...(queue === undefined ? {} : { queue }),
      ...(requiredSkills === undefined ? {} : { requiredSkills }),
      ...(view.userId === null ? {} : { userId: view.userId }),
    }),
  );
  tasks.set(name, taskId);
  const outcome = await asked(ports, () => ports.queue.outcome(taskId));
  if (outcome.status !== "completed") throw failureOf(step, outcome);
  results.set(name, outcome.result);
  return name;
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

function orAborted<R>(
  asking: Promise<R>,
  signal: AbortSignal,
): Promise<{ readonly value: R } | Failure> {
  return new Promise((resolve) => {
    const abort = (): void => resolve(givenUp());
    signal.addEventListener("abort", abort, { once: true });
    asking
      .then(
        (value) => resolve({ value }),
        (error: unknown) => resolve(Failure.of(error)),
      )
      .finally(() => signal.removeEventListener("abort", abort));
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
