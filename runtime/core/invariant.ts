// What only a bug can break. A broken invariant stops the actor; its supervisor decides.
import { Failure } from "#protocols/failure.ts";

export function invariant(condition: boolean, statement: string): asserts condition {
  if (!condition) throw new Failure("internal", `it should hold that ${statement}`);
}
