// Who works on what: a bounded queue of items, workers with room, and deliveries under way. Pure.
//
//   offer ──► waiting ──next──► held by a worker ──finish──► gone
//                ▲                    │
//                └──── give back ─────┘   the worker ended, left, or began anew
//
// Items go out in the order in which they came, and those given back go first: they came before all
// that wait. Room goes round: a worker that got an item stands behind the others that have room.
import { RingBuffer } from "#runtime/core/ring-buffer.ts";

export interface WorkLedgerSpec {
  /** Items that may wait. What workers give back is taken beyond it. */
  readonly capacity: number;
  /** Deliveries of one item; one that was given back so often is discarded. */
  readonly deliveriesMax: number;
}

interface Entry<T> {
  /** Counts the items in the order in which they came. */
  readonly number: number;
  readonly item: T;
  deliveries: number;
}

interface Holder<T> {
  room: number;
  /** By the number of the delivery. */
  readonly held: Map<number, Entry<T>>;
}

export interface Assignment<T> {
  readonly worker: string;
  /** Names this delivery of the item, and no other one. */
  readonly delivery: number;
  readonly item: T;
}

export class WorkLedger<T> {
  readonly #spec: WorkLedgerSpec;
  readonly #fresh = new RingBuffer<Entry<T>>();
  /** In the order of their numbers. */
  #returned: Entry<T>[] = [];
  readonly #holders = new Map<string, Holder<T>>();
  /** Those with room, the one whose turn it is first. */
  readonly #ready = new Set<string>();
  #lastNumber = 0;
  #lastDelivery = 0;
  #underWay = 0;

  constructor(spec: WorkLedgerSpec) {
    this.#spec = spec;
  }

  get waiting(): number {
    return this.#fresh.length + this.#returned.length;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get workers(): number {
    return this.#holders.size;
  }

  get hasRoom(): boolean {
    return this.waiting < this.#spec.capacity;
  }

  /** Takes an item; false, and nothing has changed, when the queue is full. */
  offer(item: T): boolean {
    if (!this.hasRoom) return false;
    this.#lastNumber += 1;
    this.#fresh.push({ number: this.#lastNumber, item, deliveries: 0 });
    return true;
  }

  /** A worker that holds nothing and has room for so many. One that is known begins anew. */
  join(worker: string, room: number): readonly T[] {
    const discarded = this.leave(worker);
    this.#holders.set(worker, { room, held: new Map() });
    this.#ready.add(worker);
    return discarded;
  }

  /** Its items are given back; answers those that were given back too often. */
  leave(worker: string): readonly T[] {
    const holder = this.#holders.get(worker);
    if (!holder) return [];
    this.#holders.delete(worker);
    this.#ready.delete(worker);
    this.#underWay -= holder.held.size;
    return this.#giveBack([...holder.held.values()]);
  }

  /** Ends a delivery, which makes room. False when it is not that worker's, or no longer. */
  finish(worker: string, delivery: number): boolean {
    const holder = this.#holders.get(worker);
    if (!holder?.held.delete(delivery)) return false;
    this.#underWay -= 1;
    holder.room += 1;
    this.#ready.add(worker);
    return true;
  }

  /** The next item with the worker that gets it; undefined when there is no item, or no room. */
  next(): Assignment<T> | undefined {
    const [worker] = this.#ready;
    const holder = worker === undefined ? undefined : this.#holders.get(worker);
    if (worker === undefined || !holder || this.waiting === 0) return undefined;
    const entry = this.#returned.shift() ?? this.#fresh.shift();
    if (!entry) return undefined;
    this.#lastDelivery += 1;
    entry.deliveries += 1;
    holder.held.set(this.#lastDelivery, entry);
    holder.room -= 1;
    this.#underWay += 1;
    this.#ready.delete(worker);
    if (holder.room > 0) this.#ready.add(worker);
    return { worker, delivery: this.#lastDelivery, item: entry.item };
  }

  #giveBack(entries: readonly Entry<T>[]): readonly T[] {
    const isSpent = (entry: Entry<T>): boolean => entry.deliveries >= this.#spec.deliveriesMax;
    this.#returned = this.#returned
      .concat(entries.filter((entry) => !isSpent(entry)))
      .sort((a, b) => a.number - b.number);
    return entries.filter(isSpent).map(({ item }) => item);
  }
}
