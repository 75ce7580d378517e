// A turn that threw: handlers never throw into one, so the engine has a bug there. The actor's
// supervisor decides, and nobody else is taken for the actor whose turn it was.
import { Failure } from "#protocols/failure.ts";
import { Cell } from "./cell.ts";
import type { Runnable } from "./dispatcher.ts";

export function brokenTurn(runnable: Runnable, error: unknown): void {
  if (!(runnable instanceof Cell)) return;
  const { focus } = runnable.kind.host;
  focus.clear();
  focus.turnOf = undefined;
  runnable.ownHousehold.life.crash(Failure.of(error), "the engine");
}
