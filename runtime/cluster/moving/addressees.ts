// To which moved actors each actor of this node has sent: before it sends to them from elsewhere, what it
// sent from here must have come.
import type { ActorId } from "#protocols/cluster/migration.ts";

export class Addressees {
  readonly #byUid = new Map<number, Set<ActorId>>();

  add(sender: number, aid: ActorId): void {
    const known = this.#byUid.get(sender);
    if (known) known.add(aid);
    else this.#byUid.set(sender, new Set([aid]));
  }

  of(sender: number): Iterable<ActorId> {
    return this.#byUid.get(sender) ?? [];
  }

  /** It has ended, or left: then all has come. */
  forget(sender: number): void {
    this.#byUid.delete(sender);
  }
}
