// What a system has to say when it cannot go on, or cannot deliver.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Call } from "./call.ts";

// Who was declared down once is not heard any more; only a new incarnation is.
export const quarantined = (by: NodeId, reason: string): Failure =>
  new Failure("node_down", `${by.name} refuses this node, which must start anew: ${reason}`);

export const noActor = (address: Address): Failure =>
  new Failure(
    "actor_stopped",
    `no actor lives at ${formatAddress(address)} any more; look its name up again, or ask whoever spawns it`,
  );

export const unknownMessage = (protocolId: string, method: string): Failure =>
  new Failure(
    "unknown_message",
    `${protocolId} has no method ${method}; ask an actor that speaks it, or give both sides one version`,
  );

/** Each of these handlers would wait for the next one, and the last for the first. */
export function askCycle(calls: readonly Call[]): Failure {
  const steps = calls.map(
    ({ caller, selector }) => `${formatAddress(caller.address)} ${selector.name}`,
  );
  const text = `it would wait for itself: ${steps.join(" waits for ")}. Answer first and ask later, send a tell, or declare both readonly`;
  return new Failure("ask_cycle", text);
}

export const notHere = (ref: AnyRef, here: NodeId): Failure =>
  new Failure(
    "invalid",
    `${ref.$.toString()} is no actor of ${here.name}: let its own node stop it, or send it a message`,
  );
