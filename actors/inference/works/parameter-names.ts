// Pure. Which parameters a work knows.
import { Failure } from "#protocols/failure.ts";
import { nearestWord } from "#protocols/outside/spelling.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

/** Fails with `invalid` for a parameter of another name, which would be without effect: it may be misspelt. */
export function checkNames(parameters: TaskParameters, known: readonly string[]): void {
  const other = Object.keys(parameters).find((name) => !known.includes(name));
  if (other === undefined) return;
  const near = nearestWord(other, known);
  const remedy = near === undefined ? "leave it out" : `did you mean ${near}?`;
  throw new Failure("invalid", `there is no parameter ${other.slice(0, 64)}; ${remedy}`);
}
