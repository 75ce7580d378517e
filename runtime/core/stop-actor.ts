// Stops an actor from outside of any.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { StopOptions } from "./actor-class.ts";
import { Cell } from "./cell.ts";
import { notHere } from "./system-failures.ts";
import type { SystemHost } from "./system-host.ts";

export function stopActor(host: SystemHost, ref: AnyRef, options: StopOptions): Promise<void> {
  const { elsewhere, node } = host;
  if (ref.$.address.node.name !== node.name) {
    return elsewhere?.stop(ref, options) ?? Promise.reject(notHere(ref, node));
  }
  const actor = host.actorOf(ref);
  return new Promise((resolve) => {
    if (actor instanceof Cell) actor.ownHousehold.stop(options.pending, resolve);
    else resolve();
  });
}
