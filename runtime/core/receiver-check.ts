// Who may have a message of another node, or why nobody may. Trust ends at the wire.
import type { NodeId } from "#protocols/address.ts";
import type { EnvelopeContext, Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import type { PeerProtocols } from "./peer-protocols.ts";
import type { Sink } from "./ref.ts";
import { askCycle } from "./system-failures.ts";
import { waitFor } from "./wait-graph.ts";

export interface Receiver {
  readonly actor: Sink;
  readonly method: MethodSpec;
}

export interface IncomingMessage {
  readonly from: NodeId;
  readonly envelope: {
    readonly to: Target;
    readonly method: string;
    readonly args: readonly unknown[];
  };
}

/** Hot: W5. `actor`: who is meant, if anybody. */
export function receiverOf(
  actor: Sink | undefined,
  peers: PeerProtocols,
  { envelope, from }: IncomingMessage,
): Receiver | Failure {
  if (!actor) {
    return new Failure("actor_stopped", `no actor lives at ${envelope.to.path} any more`);
  }
  const { protocol } = actor;
  const mismatch = peers.refusal(from, protocol);
  if (mismatch) return mismatch;
  const method = protocol.methods.get(envelope.method);
  if (!method) {
    const text = `${protocol.id} at ${envelope.to.path} has no method ${envelope.method}`;
    return new Failure("unknown_message", text);
  }
  const problem = method.refuse(envelope.args);
  if (problem === undefined) return { actor, method };
  return new Failure("invalid", `${protocol.id} ${envelope.method}: ${problem}`);
}

/** Whether an ask would wait for its own asker, over any number of nodes. */
export function cycleOf(
  { actor, method }: Receiver,
  context: EnvelopeContext | undefined,
): Failure | undefined {
  if (!context?.chain.length) return undefined;
  const { chain } = context;
  const { isReadonly } = method.selectors.one;
  const path = waitFor(actor, isReadonly, (call) => chain.includes(call.key));
  return path && askCycle(path);
}
