// A failed attempt, as the store's event tells of it. Pure.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { OrNull } from "#protocols/tasks/record-fields.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { FailureClass } from "#protocols/tasks/task-failure.ts";

const Word = Type.String({ maxLength: 64 });
const Payload = Type.Object({
  class: FailureClass,
  code: Word,
  detail: Type.String({ maxLength: 512 }),
  type: Word,
  model: Word,
  queue: Word,
  node: OrNull(Word),
  isRetried: Type.Boolean(),
  isOverBudget: Type.Boolean(),
});
const validator = Compile(Payload);

export interface FailedAttempt extends Readonly<Static<typeof Payload>> {
  readonly taskId: string;
  /** Milliseconds since 1970 UTC, by the store's clock. */
  readonly at: number;
}

/** Undefined when it is none: another release may write others. */
export function failedAttemptIn({ payload, taskId, at }: StoreEvent): FailedAttempt | undefined {
  if (taskId === null || !validator.Check(payload)) return undefined;
  return { ...payload, taskId, at };
}
