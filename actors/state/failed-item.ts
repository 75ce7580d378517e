// What is told of one of several things that was refused, while the others were done.
import { Failure } from "#protocols/failure.ts";
import type { ItemResult } from "#protocols/tasks/state.ts";

export function failedItem(error: unknown): ItemResult<never> {
  const { code, detail } = Failure.of(error);
  return { kind: "failed", code, detail };
}
