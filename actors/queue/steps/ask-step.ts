// A step that asks a person. It waits beside the steps that are still under way; when nothing else is, the
// task is parked, and the attempt that goes on with the answer finds the other steps done.
import type { Ref } from "#protocols/actor-ref.ts";
import type { Confirmations } from "#protocols/tasks/confirmations.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import { type AskingStep, stepsNode } from "#protocols/tasks/steps.ts";
import type { TaskFile, TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import { askPerson, expiresMsOf, isYes, parametersOfStep } from "#runtime/tasks/ask-person.ts";
import { StepFailure } from "./step-failure.ts";
import { needsOfStep } from "./step-plan.ts";

export interface StepQuestion {
  readonly step: AskingStep;
  /** Its place among the steps. */
  readonly number: number;
  readonly files: readonly TaskFile[];
  /** By step: where what it rests on can be looked at. */
  readonly tasks: ReadonlyMap<string, string>;
  readonly lease: TaskLease;
  /** Of the task. */
  readonly userId: string | null;
}

export interface AskingPorts {
  /** Fails with `unavailable` while there is nobody. */
  readonly confirmations: () => Promise<Ref<Confirmations>>;
  readonly signal: AbortSignal;
  /** Asked before each round: whether the task can wait without a worker. */
  readonly mayPark: () => boolean;
  /** What was told last of how far the task is. Default: nothing. */
  readonly reached?: () => Reached | undefined;
  readonly pause: () => Promise<void>;
}

/** Rejects with a `StepFailure` when the answer is no, or silence was to fail the task. */
export async function askStep(asking: StepQuestion, ports: AskingPorts): Promise<TaskResult> {
  const { step, number, files, lease } = asking;
  const { question, onTimeout } = step.confirm;
  const expiresMs = expiresMsOf(step.confirm);
  const { confirmations, signal, mayPark, pause } = ports;
  const { reached } = ports;
  const answer = await askPerson(
    { confirmations, node: stepsNode, lease, signal, mayPark, pause, ...(reached && { reached }) },
    {
      ...{ step: number, userId: whoFor(asking), expiresMs, onTimeout },
      stepResult: parametersOfStep({
        step: step.name,
        message: question,
        result: placesOf(asking),
        status: "waiting_confirmation",
      }),
    },
  );
  const { decision, feedback } = answer;
  if (isYes(decision)) return { figures: { decision, feedback }, files: [...files] };
  if (decision === "timeout_fail") throw unanswered(step.name, expiresMs);
  const why = feedback === null ? "" : `: ${feedback}`;
  const detail = `step "${step.name}" was answered ${decision}${why}`;
  throw new StepFailure({ code: "rejected", detail: detail.slice(0, 16_384), class: "cancelled" });
}

/** As the store ends a task that was asking when its time was over: for good, so of a class that has no retries. */
function unanswered(name: string, expiresMs: number): StepFailure {
  const detail = `nobody answered step "${name}" within ${expiresMs} ms`;
  return new StepFailure({ code: "CONFIRMATION_TIMEOUT", detail, class: "validation" });
}

function whoFor({ step, userId }: StepQuestion): string {
  const who = step.confirm.userId ?? userId;
  if (who !== null) return who;
  const detail = `step "${step.name}" does not say whom to ask, and its task has no user; write userId`;
  throw new StepFailure({ code: "invalid", detail, class: "validation" });
}

/** As JSON, the tasks whose results the person is to judge; null: there are none. */
function placesOf({ step, tasks }: StepQuestion): string | null {
  const places = needsOfStep(step).flatMap((name) => {
    const taskId = tasks.get(name);
    return taskId === undefined ? [] : [[name, taskId] as const];
  });
  return places.length === 0 ? null : JSON.stringify(Object.fromEntries(places));
}
