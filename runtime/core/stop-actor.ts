// Stops an actor from outside of any: of this node, of another one that has spawned it there, or wherever
// it has moved to.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Pending, StopOptions } from "./actor-class.ts";
import { Cell } from "./cell.ts";
import { notHere } from "./system-failures.ts";
import type { SystemHost } from "./system-host.ts";

export async function stopActor(
  host: SystemHost,
  ref: AnyRef,
  options: StopOptions,
): Promise<void> {
  const { mover, node } = host;
  const { address } = ref.$;
  if (address.node.name !== node.name) {
    await stopFar(host, ref, options);
    return;
  }
  const actor = host.actorOf(ref);
  if (actor instanceof Cell && actor.household?.travel?.absence === undefined) {
    await new Promise<void>((resolve) => actor.ownHousehold.stop(options.pending, resolve));
    return;
  }
  const mayLive = !host.isHere(address) || mover?.wayTo(address) !== undefined;
  if (mayLive) await mover?.stop(ref, pendingOf(options));
}

async function stopFar(host: SystemHost, ref: AnyRef, options: StopOptions): Promise<void> {
  const { elsewhere, mover, node } = host;
  if (mover?.hasMoved(ref.$.address)) {
    await mover.stop(ref, pendingOf(options));
    return;
  }
  try {
    if (!elsewhere) throw notHere(ref, node);
    await elsewhere.stop(ref, options);
  } catch (error) {
    const { code } = Failure.of(error);
    if (code !== "invalid" && code !== "node_down") throw error;
    const fate = ref.$.address.uid > 0 && (await mover?.stop(ref, pendingOf(options)));
    // What never moved has ended with its node, and else is not to be stopped from here.
    if (fate !== "ended" && code === "invalid") throw error;
  }
}

const pendingOf = ({ pending = "drop" }: StopOptions): Pending => pending;
