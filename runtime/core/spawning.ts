// How an actor comes into the world: its name checked, its kind found, its cell made.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { namePattern } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { ActorClass, SpawnOptions } from "./actor-class.ts";
import { elsewhereOrFail, type PlacedBirth } from "./elsewhere.ts";
import type { Householder } from "./household.ts";

export interface Birth {
  readonly type: ActorClass;
  readonly args: unknown;
  readonly options: SpawnOptions;
}

/**
 * Fails with `actor_stopped` under a parent that is ending, `invalid` or `name_taken` for the name, and
 * `invalid` beyond `limits.generationsMax`.
 */
export function spawnChild(parent: Householder, { type, args, options }: Birth): Householder {
  const household = parent.ownHousehold;
  const { state, family, host } = household;
  if (state === "suspending" || state === "ending" || state === "ended" || !family.isOpen) {
    throw new Failure("actor_stopped", `${parent.path} is ending and takes no new children`);
  }
  checkGeneration(parent);
  const { name } = options;
  if (name !== undefined) checkName(name, parent.path, family.has(name));
  const child = parent.createChild(parent.kind.kinds.of(type, options), name, args);
  family.add(child);
  host.reportSpawn(child);
  return child;
}

function checkName(name: string, parentPath: string, isTaken: boolean): void {
  // Names that are made up begin with $.
  if (!namePattern.test(name) || name.startsWith("$")) {
    const text = `"${name}" cannot name an actor under ${parentPath}; use letters, digits, . _ -`;
    throw new Failure("invalid", text);
  }
  if (isTaken) {
    const text = `${parentPath} has a living child ${name} already; choose another name`;
    throw new Failure("name_taken", text);
  }
}

/** The living child that a ref means; fails with `not_found`. */
export function childOf(parent: Householder, ref: AnyRef): Householder {
  const actor = parent.kind.host.actorOf(ref);
  if (isChild(actor, parent)) return actor;
  throw new Failure("not_found", `${ref.$.toString()} is no living child of ${parent.path}`);
}

const isChild = (actor: unknown, parent: Householder): actor is Householder =>
  isActor(actor) && actor.parent === parent && actor.state !== "ended";

const isActor = (actor: unknown): actor is { readonly parent: unknown; readonly state: unknown } =>
  typeof actor === "object" && actor !== null && "parent" in actor && "state" in actor;

/** Throws `invalid` for an actor that would be too far below the root. */
function checkGeneration(parent: Householder): void {
  let generation = 0;
  for (let above = parent.parent; above; above = above.parent) generation += 1;
  if (generation < limits.generationsMax) return;
  parent.kind.host.counts.bounds.reached("generationsMax");
  const text = `${parent.name} is ${generation} generations below the root, as far as there may be`;
  throw new Failure("invalid", `${text}; let actors be siblings instead of each other's children`);
}

/** Settles when the child's `start` is done; fails with `actor_stopped` when it ended instead. */
export function childStarted(parent: Householder, ref: AnyRef): Promise<void> {
  const child = childOf(parent, ref);
  return new Promise((resolve, reject) => {
    child.ownHousehold.life.onceStarted(() => {
      if (child.state !== "ended") resolve();
      else reject(new Failure("actor_stopped", `${child.path} ended before it had started`));
    });
  });
}

/** A child that stands for an actor of another node; settles when that one is there. */
export async function spawnElsewhere(parent: Householder, birth: PlacedBirth): Promise<AnyRef> {
  const standIn = elsewhereOrFail(parent.kind.host.elsewhere).standIn(birth);
  const child = spawnChild(parent, standIn.birth);
  await childStarted(parent, child.ref);
  const refusal = standIn.refusal();
  if (refusal === undefined) return child.ref;
  child.ownHousehold.stop();
  throw refusal;
}

/** Takes the trailing arguments of `spawn` apart: a class with an `initial(args)` has args first. */
export function spawnRest(
  type: ActorClass,
  rest: readonly unknown[],
): { readonly args: unknown; readonly options: SpawnOptions } {
  const hasArgs = (type.initial?.length ?? 0) > 0;
  const options = hasArgs ? rest[1] : rest[0];
  return { args: hasArgs ? rest[0] : undefined, options: isOptions(options) ? options : {} };
}

const isOptions = (value: unknown): value is SpawnOptions =>
  typeof value === "object" && value !== null;
