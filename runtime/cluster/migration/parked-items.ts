// What waits until the directory has said where an actor is, by actor and in order. Bounded over all
// actors. Full: `park` answers false, and what does not wait is lost and reported by the caller.
import type { ActorId } from "#protocols/cluster/migration.ts";

export class ParkedItems<T> {
  readonly #countMax: number;
  readonly #parked = new Map<ActorId, T[]>();
  #count = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#count;
  }

  has(aid: ActorId): boolean {
    return this.#parked.has(aid);
  }

  park(aid: ActorId, item: T): boolean {
    if (this.#count >= this.#countMax) return false;
    const waiting = this.#parked.get(aid);
    if (waiting) waiting.push(item);
    else this.#parked.set(aid, [item]);
    this.#count += 1;
    return true;
  }

  take(aid: ActorId): readonly T[] {
    const waiting = this.#parked.get(aid) ?? [];
    this.#parked.delete(aid);
    this.#count -= waiting.length;
    return waiting;
  }
}
