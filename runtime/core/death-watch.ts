// How an actor begins to watch another, and ceases to.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Householder } from "./household.ts";
import { isRealm } from "./realm-address.ts";

/** Fails with `invalid` when the actor's class could not hear of the end. */
export function beginWatch(watcher: Householder, ref: AnyRef): void {
  const { kind, ownHousehold } = watcher;
  if (kind.terminated === undefined) {
    const text = `${kind.type.name} watches ${ref.$.toString()}, but could not hear of its end; give the class a method terminated(ref, exit)`;
    throw new Failure("invalid", text);
  }
  if (isRealm(ref.$.address)) {
    const text = `${ref.$.toString()} has no end to hear of: it is started again by its next message. Watch what it may tell of itself`;
    throw new Failure("invalid", text);
  }
  if (ownHousehold.watching.add(ref)) kind.host.beginWatch(ref, watcher);
}

export function endWatch(watcher: Householder, ref: AnyRef): void {
  const { kind, ownHousehold } = watcher;
  if (ownHousehold.watching.remove(ref)) kind.host.endWatch(ref, watcher);
  else ownHousehold.watching.hears(ref);
}
