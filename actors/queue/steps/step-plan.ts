// The steps of a task, read and checked once, and which of them can begin. Pure.
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import {
  type AskingStep,
  confirmType,
  stepsQueue,
  stepsType,
  type TaskStep,
  TaskSteps,
  type WorkStep,
} from "#protocols/tasks/steps.ts";
import type { TaskFile, TaskResult, TaskView } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { firstMisfit } from "#protocols/value-misfit.ts";

const validator = Compile(TaskSteps);

type WorkerWishes = Pick<
  TaskStep,
  "requiredSkills" | "skillLevel" | "optionalSkills" | "affinityTags" | "machine" | "timeoutMs"
>;
type SharedWishes = Pick<TaskStep, "fairKey" | "maxRetries" | "retry" | "isEvictable">;
type StepWishes = WorkerWishes & SharedWishes;

/** Fails with `invalid`, saying what is wrong with the steps. */
export function stepsOf(
  parameters: TaskParameters,
  inputs: readonly TaskFile[],
): readonly TaskStep[] {
  const steps = readSteps(parameters.steps);
  const names = new Set(steps.map(({ name }) => name));
  if (names.size < steps.length) throw wrong("two of them have the same name");
  const own = new Set(inputs.map(({ name }) => name));
  for (const step of steps) {
    checkKind(step);
    const strange = needsOfStep(step).find((name) => !names.has(name));
    if (strange !== undefined)
      throw wrong(`"${step.name}" comes after "${strange}", which is none`);
    for (const { name, from, file } of step.inputs ?? []) {
      if (from === undefined && !own.has(file ?? name)) {
        throw wrong(
          `"${step.name}" takes "${file ?? name}", which the task was not submitted with`,
        );
      }
    }
  }
  const ring = ringIn(steps);
  if (ring.length > 0) throw wrong(`${ring.join(", ")} wait for one another`);
  return steps;
}

export const isAsking = (step: TaskStep): step is AskingStep => step.confirm !== undefined;
export const isWork = (step: TaskStep): step is WorkStep => step.model !== undefined;

/** A step asks, or is run by a worker. */
function checkKind(step: TaskStep): void {
  const { name, type, model, confirm, queue } = step;
  if (type === stepsType || queue === stepsQueue) {
    // Nested, tasks that wait for their steps would take the slots that those steps wait for.
    const seen = `"${name}" is a task of steps itself`;
    throw wrong(`${seen}, and those do not nest; write its steps among these`);
  }
  if (type !== confirmType) {
    if (confirm !== undefined)
      throw wrong(`"${name}" asks, but is no step of type "${confirmType}"`);
    if (model === undefined) throw wrong(`"${name}" has no model`);
    return;
  }
  if (confirm === undefined) throw wrong(`"${name}" does not say under confirm what it asks`);
  const { parameters } = step;
  const forWorkers = { model, queue, parameters, ...wishesOfStep(step) };
  const [strange] = Object.entries(forWorkers).filter(([, value]) => value !== undefined);
  if (strange) throw wrong(`"${name}" asks a person, who has no ${strange[0]}`);
}

function readSteps(text: TaskParameters[string] | undefined): readonly TaskStep[] {
  if (typeof text !== "string") {
    throw new Failure(
      "invalid",
      "a task of steps has the parameter steps: a list of them, as JSON",
    );
  }
  const value = parsed(text);
  if (validator.Check(value)) return value;
  const { path, why } = firstMisfit(validator.Errors(value), value);
  throw wrong(`${path || "the list"} ${why}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong(`they are no JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

const wrong = (what: string): Failure =>
  new Failure(
    "invalid",
    `the steps cannot be run: ${what}; correct them and submit the task again`,
  );

/** What it says of its worker and of its attempts, for its submission. */
export function wishesOfStep(step: TaskStep): StepWishes {
  const { requiredSkills, skillLevel, optionalSkills, affinityTags, machine, timeoutMs } = step;
  const { fairKey, maxRetries, retry, isEvictable } = step;
  return {
    ...(requiredSkills === undefined ? {} : { requiredSkills }),
    ...(skillLevel === undefined ? {} : { skillLevel }),
    ...(optionalSkills === undefined ? {} : { optionalSkills }),
    ...(affinityTags === undefined ? {} : { affinityTags }),
    ...(machine === undefined ? {} : { machine }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(fairKey === undefined ? {} : { fairKey }),
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(retry === undefined ? {} : { retry }),
    ...(isEvictable === undefined ? {} : { isEvictable }),
  };
}

/** What holds for each step that says nothing else. */
export const wishesOfWhole = (whole: TaskView): SharedWishes => {
  const { fairKey, maxRetries, retry, isEvictable } = whole;
  return {
    ...{ maxRetries, isEvictable },
    ...(fairKey === null ? {} : { fairKey }),
    ...(retry === null ? {} : { retry }),
  };
};

/** Names of the steps that must have been completed before it. */
export const needsOfStep = ({ after = [], inputs = [] }: TaskStep): readonly string[] => [
  ...new Set([...after, ...inputs.flatMap(({ from }) => from ?? [])]),
];

/** Those that have not begun and need nothing that is not done. */
export const readySteps = (
  steps: readonly TaskStep[],
  { begun, done }: { readonly begun: ReadonlySet<string>; readonly done: ReadonlySet<string> },
): readonly TaskStep[] =>
  steps.filter(
    (step) => !begun.has(step.name) && needsOfStep(step).every((name) => done.has(name)),
  );

/** Nobody rests on them: what they hand back is the task's result. */
export function lastSteps(steps: readonly TaskStep[]): readonly TaskStep[] {
  const needed = new Set(steps.flatMap(needsOfStep));
  return steps.filter(({ name }) => !needed.has(name));
}

/** Takes away what can run until nothing can; what is left waits for one another. */
function ringIn(steps: readonly TaskStep[]): readonly string[] {
  const done = new Set<string>();
  for (;;) {
    const ready = readySteps(steps, { begun: done, done });
    if (ready.length === 0) break;
    for (const { name } of ready) done.add(name);
  }
  return steps.filter(({ name }) => !done.has(name)).map(({ name }) => name);
}

/** Files of the task that a step takes as they were submitted; those of steps before it are not there yet. */
export function ownInputsOf({ inputs }: TaskStep, own: readonly TaskFile[]): readonly TaskFile[] {
  if (inputs === undefined) return own;
  const taken = new Set(
    inputs.flatMap(({ name, from, file = name }) => (from === undefined ? [file] : [])),
  );
  return own.filter(({ name }) => taken.has(name));
}

/** The files of a step. Fails with `invalid` when a step before it did not hand one back. */
export function inputsOfStep(
  step: TaskStep,
  own: readonly TaskFile[],
  results: ReadonlyMap<string, TaskResult>,
): readonly TaskFile[] {
  if (step.inputs === undefined) return own;
  return step.inputs.map(({ name, from, file = name }) => {
    const files = from === undefined ? own : (results.get(from)?.files ?? []);
    const found = files.find((one) => one.name === file);
    if (found) return { ...found, name };
    const seen = files.map((one) => one.name).join(", ") || "none";
    throw new Failure(
      "invalid",
      `step "${step.name}" takes "${file}" of step "${from}", which handed back: ${seen}`,
    );
  });
}

/** Files of one task's result. */
const resultFilesMax = 8;

/**
 * What the last steps handed back, figures and files under `step.name`; of a single last step under
 * their own names. Behind it what was kept of steps before, always as `step.name`. Of more files than a
 * result can have the figures tell the tasks that keep them.
 */
export function resultOfSteps(
  steps: readonly TaskStep[],
  results: ReadonlyMap<string, TaskResult>,
  tasks: ReadonlyMap<string, string>,
): TaskResult {
  const last = lastSteps(steps);
  const kept = steps.filter((step) => step.isKept && !last.includes(step));
  const [only] = last;
  const ends =
    only && last.length === 1
      ? (results.get(only.name) ?? nothing)
      : { files: filesOf(last, results), figures: taskFigures(last, tasks) };
  if (kept.length === 0 && ends.files.length <= resultFilesMax) return ends;
  const figures = { ...ends.figures, ...keptFigures(kept, results) };
  const files = [...ends.files, ...filesOf(kept, results)];
  if (files.length <= resultFilesMax) return { figures, files };
  return { figures: { ...figures, ...taskFigures([...last, ...kept], tasks) }, files: [] };
}

const nothing: TaskResult = { figures: {}, files: [] };

const filesOf = (
  steps: readonly TaskStep[],
  results: ReadonlyMap<string, TaskResult>,
): TaskResult["files"] =>
  steps.flatMap(({ name }) =>
    (results.get(name)?.files ?? []).map((file) => ({ ...file, name: shortName(name, file.name) })),
  );

const taskFigures = (
  steps: readonly TaskStep[],
  tasks: ReadonlyMap<string, string>,
): TaskResult["figures"] =>
  Object.fromEntries(steps.map(({ name }) => [shortName(name, "task"), tasks.get(name) ?? null]));

const keptFigures = (
  kept: readonly TaskStep[],
  results: ReadonlyMap<string, TaskResult>,
): TaskResult["figures"] =>
  Object.fromEntries(
    kept.flatMap(({ name }) =>
      Object.entries(results.get(name)?.figures ?? {}).map(([key, value]) => [
        shortName(name, key),
        value,
      ]),
    ),
  );

const shortName = (step: string, what: string): string => `${step}.${what}`.slice(0, 64);
