// The short form of a message on its way to the hosted actor, and back. Pure.
// Hot: bench/threads, one way.
import type { NodeId } from "#protocols/address.ts";
import { nobody } from "#protocols/context-layout.ts";
import type { Target } from "#protocols/envelope.ts";
import type { PortItem, ShortItem } from "./port-messages.ts";

/** The short form; the item itself when it has none. */
export function shortened(item: PortItem): PortItem | ShortItem {
  const { envelope, number, refs } = item;
  if (number === undefined || refs !== undefined) return item;
  if (envelope.kind !== "tell" && envelope.kind !== "ask") return item;
  const { args, context, method } = envelope;
  if (context && (context.sender !== nobody || context.trace !== "")) return item;
  if (envelope.kind === "tell") return context ? item : [number, method, args];
  const { correlation, remainingMs } = envelope;
  return [number, method, args, correlation, remainingMs, context?.chain ?? []];
}

/** Who sends the short forms, and to whom. */
export interface ShortEnds {
  readonly from: NodeId;
  readonly to: Target;
}

export function expanded(item: PortItem | ShortItem, { from: node, to }: ShortEnds): PortItem {
  if (!("length" in item)) return item;
  const [number, method, args] = item;
  if (item.length === 3) return { node, number, envelope: { kind: "tell", to, method, args } };
  const [, , , correlation, remainingMs, chain] = item;
  const context = { sender: nobody, trace: "", chain };
  const envelope = { kind: "ask", to, method, args, context, correlation, remainingMs } as const;
  return { node, number, envelope };
}
