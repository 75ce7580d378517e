// What must hold between the rules of a queue, wherever they are said. Pure.
import { isNeverRetried } from "../tasks/failure-strategy.ts";
import type { QueueRules } from "../tasks/queue-rules.ts";
import { failureClasses } from "../tasks/task-failure.ts";
import type { KeyPath, Problem } from "./problem.ts";

export interface RulesPlace {
  /** Where the rules stand. */
  readonly path: KeyPath;
  /** Those of the cluster. */
  readonly models: ReadonlySet<string>;
}

export const queueRuleProblems = (rules: QueueRules, place: RulesPlace): readonly Problem[] => [
  ...modelProblems(rules, place),
  ...limitProblems(rules, place),
];

/** Models that there are not. */
export const modelProblems = (
  { models = [] }: Pick<QueueRules, "models">,
  { path, models: known }: RulesPlace,
): readonly Problem[] =>
  models.flatMap((model, index) => {
    if (known.has(model)) return [];
    const remedy = `write one of ${[...known].join(", ")}, or add ${model} to models, or to those of the task-worker that serves it`;
    return [problem([...path, "models", index], `there is no model ${model}`, remedy)];
  });

type Room = Pick<QueueRules, "pendingMax" | "perUserMax">;

/** Undefined where both can be, or one is not said: it is as large as there may be. */
export const roomConflict = ({ pendingMax, perUserMax }: Room): string | undefined =>
  pendingMax !== undefined && perUserMax !== undefined && perUserMax > pendingMax
    ? `one user may have ${perUserMax} tasks, the whole queue ${pendingMax}`
    : undefined;

function limitProblems(rules: QueueRules, { path }: RulesPlace): readonly Problem[] {
  const { pendingMax, retry } = rules;
  const problems: Problem[] = [];
  const conflict = roomConflict(rules);
  if (conflict !== undefined) {
    problems.push(problem([...path, "perUserMax"], conflict, `write at most ${pendingMax}`));
  }
  if (retry !== undefined && retry.capMs < retry.baseMs) {
    const message = `the ceiling of ${retry.capMs} ms is below the first delay, ${retry.baseMs} ms`;
    problems.push(problem([...path, "retry", "capMs"], message, `write at least ${retry.baseMs}`));
  }
  return [...problems, ...vainRetries(rules, path)];
}

/** Of classes of which nothing is tried again: the same would come of it, or somebody said no. */
const vainRetries = ({ retry }: QueueRules, path: KeyPath): readonly Problem[] =>
  failureClasses.flatMap((failureClass) => {
    const wanted = retry?.classes?.[failureClass] ?? 0;
    if (wanted === 0 || !isNeverRetried(failureClass)) return [];
    const message = `what failed as ${failureClass} is never tried again`;
    return [problem([...path, "retry", "classes", failureClass], message, "remove it")];
  });

const problem = (path: KeyPath, message: string, remedy: string): Problem => ({
  path,
  at: "value",
  message,
  remedy,
});
