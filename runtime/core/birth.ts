// How an instance begins. A class without a `start` needs no life for that: its instance can take
// messages as soon as it is made.
import { Failure } from "#protocols/failure.ts";
import { attach, type ContextSource } from "./actor.ts";
import { atBirth, BirthFailure, isThenable } from "./hooks.ts";
import type { Householder } from "./household.ts";

/** Throws `BirthFailure` when the class's constructor or `initial` throws. */
export function createActor(cell: Householder & ContextSource): object {
  const { type } = cell.kind;
  const actor = atBirth("constructor", () => new type());
  const state = atBirth("initial", () => firstState(cell));
  if (state !== undefined && isThenable(state)) throw initialIsAsync(type.name, state);
  attach(actor, cell, state);
  return actor;
}

/** One that comes from another node brings its state; after a restart it begins as any other. */
function firstState({ args, household, kind }: Householder): unknown {
  const travel = household?.travel;
  if (travel?.inherited === undefined) return kind.type.initial?.(args);
  const { state } = travel.inherited;
  travel.inherited = undefined;
  return state;
}

function initialIsAsync(name: string, state: PromiseLike<unknown>): BirthFailure {
  // It is refused already: that it fails as well concerns nobody.
  Promise.resolve(state).catch(() => {});
  const text = `${name}.initial answered a promise: let it answer the state, and await in start()`;
  return new BirthFailure("initial", new Failure("invalid", text));
}

export function begin(cell: Householder & ContextSource): void {
  const { household, kind } = cell;
  if (kind.hasStart || household?.hasLife === true) {
    cell.ownHousehold.life.begin();
    return;
  }
  try {
    cell.ready = createActor(cell);
    household?.readiness.run(cell.ready);
  } catch (error) {
    cell.ownHousehold.failBirth(error);
  }
}
