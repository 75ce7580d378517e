// Hand-written links, all alike: values in frames over a wire, several values to a frame or one. What a
// contender adds is its wire.
//
//   stream   [item item item …] ──►          a frame that is no list asks for the count
//   ask      [[id item] [id item] …] ──►     ◄── [[id answer] …]

import type { CutLine } from "./cut-line.ts";
import { type Item, isItem, itemOf } from "./item.ts";
import {
  bulkBytes,
  conversed,
  conversedAfterCuts,
  conversedBeside,
  type LinkRuntime,
  messagesPerTurn,
} from "./link-runtime.ts";

/** Carries values in order; each is encoded, sent and decoded as a frame of its own. */
export interface Wire {
  /** Settles when the next may be sent; there is one at a time. */
  send(frame: unknown): Promise<unknown>;
}

export type Received = (frame: unknown) => void;
export type OpenWire = (received: Received) => Promise<Wire>;

/** What waits while a frame is sent goes together into the next ones. */
class Batcher {
  readonly #wire: Wire;
  readonly #perFrame: number;
  #waiting: unknown[] = [];
  #isSending = false;

  constructor(wire: Wire, perFrame: number) {
    this.#wire = wire;
    this.#perFrame = perFrame;
  }

  add(value: unknown): void {
    this.#waiting.push(value);
    if (!this.#isSending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    await undefined;
    while (this.#waiting.length > 0) {
      const frame = this.#waiting.splice(0, this.#perFrame);
      await this.#wire.send(frame);
    }
    this.#isSending = false;
  }
}

/** The near end. Both ends are given the same `perFrame`. */
export async function wiredRuntime(
  open: OpenWire,
  perFrame: number,
  line?: CutLine,
): Promise<LinkRuntime> {
  const waiting = new Map<number, (value: number) => void>();
  let counted: (count: number) => void = () => {};
  const wire = await open((frame) => {
    if (typeof frame === "number") counted(frame);
    else for (const [key, value] of pairsIn(frame)) answered(waiting, key, Number(value));
  });
  const batcher = new Batcher(wire, perFrame);
  let asked = 0;
  const ask = (item: Item): Promise<number> =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      batcher.add([asked, item]);
    });
  const count = (): Promise<number> =>
    new Promise((resolve) => {
      counted = resolve;
      void wire.send("count");
    });
  return {
    stream: async (total) => {
      await sendItems(wire, total, perFrame);
      return count();
    },
    converse: (order) => conversed(order, ask),
    ...(line && { afterCuts: (ms: number) => conversedAfterCuts(ms, ask, line) }),
    // Through the batcher like the asks, so that the one socket has one sender.
    besideBulk: (ms) => {
      const bytes = new Uint8Array(bulkBytes);
      return conversedBeside(ms, ask, async (isOver) => {
        while (!isOver()) {
          await new Promise<number>((resolve) => {
            asked += 1;
            waiting.set(asked, resolve);
            batcher.add([asked, bytes]);
          });
        }
      });
    },
  };
}

function answered(waiting: Map<number, (value: number) => void>, key: number, value: number): void {
  waiting.get(key)?.(value);
  waiting.delete(key);
}

async function sendItems(wire: Wire, total: number, perFrame: number): Promise<void> {
  for (let id = 0; id < total; ) {
    const turnEnd = Math.min(total, id + messagesPerTurn);
    while (id < turnEnd) {
      const frame: Item[] = [];
      for (const end = Math.min(turnEnd, id + perFrame); id < end; id += 1) frame.push(itemOf(id));
      await wire.send(frame);
    }
    await new Promise(setImmediate);
  }
}

/** The far end: counts items, or answers asks. */
export async function serveWire(role: string, open: OpenWire, perFrame: number): Promise<void> {
  let count = 0;
  const counting = (frame: unknown): void => {
    if (Array.isArray(frame)) {
      count += frame.length;
      return;
    }
    void wire.send(count);
    count = 0;
  };
  const answering = (frame: unknown): void => {
    for (const [key, value] of pairsIn(frame)) batcher.add([key, answerTo(value)]);
  };
  const wire = await open(role === "stream" ? counting : answering);
  const batcher = new Batcher(wire, perFrame);
}

const answerTo = (value: unknown): number => (isItem(value) ? value.id + 1 : 0);

function pairsIn(frame: unknown): readonly (readonly [number, unknown])[] {
  return Array.isArray(frame) ? frame : [];
}
