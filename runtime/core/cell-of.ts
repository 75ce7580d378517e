// The cell behind a ref, for actors that stand for others and need to know how they are kept.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { Cell } from "./cell.ts";
import { handleOf } from "./ref.ts";

/** Of an actor's own `ctx.self`. */
export function cellOf(self: AnyRef): Cell {
  const sink = handleOf(self)?.sink;
  if (sink instanceof Cell) return sink;
  throw new Failure("internal", `${self.$.toString()} is no actor of this system`);
}
