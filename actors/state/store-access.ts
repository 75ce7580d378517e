// The store as long as there is one, and how far its log was read.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { AckLevel } from "#protocols/tasks/task.ts";

export interface Follow {
  readonly epoch: string;
  readonly ack: AckLevel;
  /** The last event that was seen. */
  eventId: number;
  /** All that had happened by then was seen. */
  asOf: number;
}

export class StoreAccess {
  #store: Ref<Store> | undefined;
  #follow: Follow | undefined;
  /** Why it cannot be followed just now. */
  trouble: string | null = "it was not found yet";

  get follow(): Follow | undefined {
    return this.#follow;
  }

  get isThere(): boolean {
    return this.#store !== undefined;
  }

  /** Fails with `unavailable` while there is none. */
  open(): Ref<Store> {
    if (this.#store) return this.#store;
    const text =
      "the state has no store just now; what is cached is answered as stale, try again soon";
    throw new Failure("unavailable", text);
  }

  found(store: Ref<Store>, follow: Follow): void {
    this.#store = store;
    this.#follow = follow;
    this.trouble = null;
  }

  /** The one that was there: it is not what it was. */
  leave(trouble: string): Ref<Store> | undefined {
    const left = this.#store;
    this.#store = undefined;
    if (left) this.trouble = trouble;
    return left;
  }

  /** Whether it was the store that ended. */
  lose(ended: AnyRef): boolean {
    if (!this.#store || addressKey(this.#store.$.address) !== addressKey(ended.$.address)) {
      return false;
    }
    this.#store = undefined;
    this.trouble = "it has ended; the next one is looked for";
    return true;
  }
}
