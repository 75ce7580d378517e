// What a system has to say when it cannot go on, or cannot deliver.
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Call } from "./call.ts";

// Who was declared down once is not heard any more; only a new incarnation is.
export const quarantined = (by: NodeId, reason: string): Failure =>
  new Failure("node_down", `${by.name} refuses this node, which must start anew: ${reason}`);

export const noActor = (address: Address): Failure =>
  new Failure("actor_stopped", `no actor lives at ${formatAddress(address)} any more`);

/** The same, found by the node of the asked actor. */
export const askCycleAcross = (chain: readonly string[], about: string): Failure =>
  new Failure("ask_cycle", `it would wait for itself: ${[...chain, about].join(" asked ")}`);

/** The asked actor waits, over one or more steps, for the very handler that asks. */
export function askCycle(about: string, asker: Call): Failure {
  const steps: string[] = [];
  for (let call: Call | undefined = asker; call; call = call.askedBy) {
    steps.unshift(`${formatAddress(call.caller.address)} ${call.selector.name}`);
  }
  const chain = [...steps, about].join(" asked ");
  return new Failure(
    "ask_cycle",
    `it would wait for itself: ${chain}. Answer first and ask later, send a tell, or declare both readonly`,
  );
}
