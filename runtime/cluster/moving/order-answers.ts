// Answers to whoever ordered something of an actor by a word that followed it: by the number of the ask,
// on this node or on another one.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type { EnginePorts } from "./engine-ports.ts";
import type { MoveRequest } from "./move-requests.ts";

export function answerTo(
  { inside, node, switch: out }: EnginePorts,
  { correlation, from }: { readonly correlation: number; readonly from: NodeId },
): MoveRequest {
  const isOwn = isSameNode(from, node);
  return {
    succeed: () => {
      if (isOwn) inside.asks.take(correlation)?.succeed(undefined);
      else out.send(from, { kind: "reply", correlation, value: null });
    },
    refuse: (failure) => {
      if (isOwn) inside.asks.take(correlation)?.refuse(failure);
      else out.send(from, { kind: "refusal", correlation, failure: failure.toData() });
    },
  };
}
