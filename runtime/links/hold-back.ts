// Messages whose bytes are not all there yet, and those behind them that must not overtake: the ones
// for the same actor. Everybody else's go by. Pure.
import type { Envelope } from "#protocols/envelope.ts";
import { isBarrier, orderKey } from "#protocols/lanes.ts";

interface Held {
  readonly envelope: Envelope;
  /** The transfers that it waits for. */
  readonly missing: Set<number>;
}

export class HoldBack {
  readonly #queues = new Map<string, Held[]>();
  readonly #waitingFor = new Map<number, { readonly key: string; readonly held: Held }>();
  /** Those that wait for all that was held when they came. */
  readonly #barriers: Held[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** True: it is held, and comes out of `completed`. False: it may be delivered. */
  hold(envelope: Envelope, missing: readonly number[]): boolean {
    if (this.#count === 0 && missing.length === 0) return false;
    if (isBarrier(envelope) && missing.length === 0) {
      this.#barriers.push({ envelope, missing: new Set(this.#waitingFor.keys()) });
      this.#count++;
      return true;
    }
    const key = orderKey(envelope);
    const queue = this.#queues.get(key);
    if (queue === undefined && missing.length === 0) return false;
    const held = { envelope, missing: new Set(missing) };
    if (queue) queue.push(held);
    else this.#queues.set(key, [held]);
    for (const transfer of missing) this.#waitingFor.set(transfer, { key, held });
    this.#count++;
    return true;
  }

  /** The array of that transfer is full: what may be delivered now, in order. */
  completed(transfer: number): readonly Envelope[] {
    const waiting = this.#waitingFor.get(transfer);
    if (waiting === undefined) return [];
    this.#waitingFor.delete(transfer);
    waiting.held.missing.delete(transfer);
    const queue = this.#queues.get(waiting.key) ?? [];
    const blocked = queue.findIndex(({ missing }) => missing.size > 0);
    const free = queue.splice(0, blocked < 0 ? queue.length : blocked);
    if (queue.length === 0) this.#queues.delete(waiting.key);
    for (const { missing } of this.#barriers) missing.delete(transfer);
    while (this.#barriers[0]?.missing.size === 0) free.push(...this.#barriers.splice(0, 1));
    this.#count -= free.length;
    return free.map(({ envelope }) => envelope);
  }
}
