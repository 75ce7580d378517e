// A node in a process of its own, driven by its parent over the process channel: it tells what it
// receives and hears, and sends what it is told to. It ends with its parent.
import { sendAll, TestTransport, type TestTransportOptions } from "./test-transport.ts";

export type Order =
  | { readonly kind: "start"; readonly options: TestTransportOptions }
  | { readonly kind: "send"; readonly to: string; readonly from: number; readonly count: number }
  | { readonly kind: "tell" };

export interface Told {
  readonly address: string;
  readonly count: number;
  readonly first: unknown;
  readonly last: unknown;
  readonly isInOrder: boolean;
  readonly events: readonly string[];
}

let node: TestTransport | undefined;

function isOrder(message: unknown): message is Order {
  return typeof message === "object" && message !== null && "kind" in message;
}

function told(from: TestTransport): Told {
  const { received, events, address } = from;
  const isInOrder = received.every((value, index) => {
    const before = index === 0 ? undefined : received[index - 1];
    return before === undefined || (typeof value === "number" && value === Number(before) + 1);
  });
  const [first, last] = [received[0], received.at(-1)];
  return { address, count: received.length, first, last, isInOrder, events };
}

process.on("message", async (order: unknown) => {
  if (!isOrder(order)) return;
  if (order.kind === "start") node = await TestTransport.start(order.options);
  if (node === undefined) return;
  if (order.kind === "send") {
    const values = Array.from({ length: order.count }, (_, index) => order.from + index);
    await sendAll(node, order.to, values);
  }
  process.send?.(told(node));
});
process.on("disconnect", () => process.exit());
