// What a system has to say when it cannot go on, or cannot deliver.
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";

// Who was declared down once is not heard any more; only a new incarnation is.
export const quarantined = (by: NodeId, reason: string): Failure =>
  new Failure("node_down", `${by.name} refuses this node, which must start anew: ${reason}`);

export const noActor = (address: Address): Failure =>
  new Failure("actor_stopped", `no actor lives at ${formatAddress(address)} any more`);
