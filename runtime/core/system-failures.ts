// What a system has to say when it cannot go on, or cannot deliver.
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Call } from "./call.ts";

// Who was declared down once is not heard any more; only a new incarnation is.
export const quarantined = (by: NodeId, reason: string): Failure =>
  new Failure("node_down", `${by.name} refuses this node, which must start anew: ${reason}`);

export const noActor = (address: Address): Failure =>
  new Failure("actor_stopped", `no actor lives at ${formatAddress(address)} any more`);

export const unknownMessage = (protocolId: string, method: string): Failure =>
  new Failure("unknown_message", `${protocolId} has no method ${method}`);

/** Each of these handlers would wait for the next one, and the last for the first. */
export function askCycle(calls: readonly Call[]): Failure {
  const steps = calls.map(
    ({ caller, selector }) => `${formatAddress(caller.address)} ${selector.name}`,
  );
  const text = `it would wait for itself: ${steps.join(" waits for ")}. Answer first and ask later, send a tell, or declare both readonly`;
  return new Failure("ask_cycle", text);
}
