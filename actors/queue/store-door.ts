// The store that the queue works with, as long as there is one.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";

export class StoreDoor {
  ref: Ref<Store> | undefined;

  /** Whether it was the store that ended; then there is none. */
  lose(ended: AnyRef): boolean {
    if (!this.ref || addressKey(this.ref.$.address) !== addressKey(ended.$.address)) return false;
    this.ref = undefined;
    return true;
  }

  /** What the store answers. Rejects with `unavailable` while there is none; it never throws. */
  ask<R>(question: (store: Ref<Store>) => Promise<R>): Promise<R> {
    if (this.ref) return question(this.ref);
    const text = "the queue has no store just now; try again soon";
    return Promise.reject(new Failure("unavailable", text));
  }
}
