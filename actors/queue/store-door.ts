// The store that the queue works with, as long as there is one.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { reply } from "#runtime/core/reply.ts";

export class StoreDoor {
  ref: Ref<Store> | undefined;

  /** Whether it was the store that ended; then there is none. */
  lose(ended: AnyRef): boolean {
    if (!this.ref || addressKey(this.ref.$.address) !== addressKey(ended.$.address)) return false;
    this.ref = undefined;
    return true;
  }

  /** As `open`, while a message is handled: a refusal is an answer, no crash. */
  forHandler(): Ref<Store> {
    if (this.ref) return this.ref;
    throw reply(noStore());
  }

  /** Fails with `unavailable` while there is none. */
  open(): Ref<Store> {
    if (this.ref) return this.ref;
    throw noStore();
  }
}

const noStore = (): Failure =>
  new Failure("unavailable", "the queue has no store just now; try again soon");
