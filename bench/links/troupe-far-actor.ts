// The actor of the other node: counts what it is told, answers what it is asked.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";
import type { Item } from "./item.ts";

const patiently = ask({ within: 170_000 });

export interface Far {
  add(item: Item): void;
  /** Takes large byte arrays. */
  carry(bytes: Uint8Array): void;
  /** How many were added or carried since the last time. */
  taken(): number;
  next(item: Item): number;
}
export const Far = protocol<Far>("bench.Far@1", {
  add: tell,
  carry: tell,
  taken: patiently,
  next: ask,
});

export class FarActor extends Actor<Far, { count: number }> implements Handlers<Far> {
  static readonly protocol = Far;
  /** A full mailbox pauses the producer on the other node. */
  static readonly mailbox = { capacity: 10_000, whenFull: "backpressure" } as const;
  static initial = () => ({ count: 0 });

  override async start(): Promise<void> {
    await this.ctx.register(this.ctx.path.split("/").at(-1) ?? "");
  }

  add(_item: Item): void {
    this.state.count += 1;
  }

  carry(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.state.count += 1;
  }

  taken(): number {
    const { count } = this.state;
    this.state.count = 0;
    return count;
  }

  next(item: Item): number {
    return item.id + 1;
  }
}
