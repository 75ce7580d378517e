// Where envelopes find the living actors of this node by uid. Only those whose address has left
// their own hands stand here; all others can be found by their path alone.
import type { LocalActor } from "./cell-host.ts";

export class Registry {
  readonly #byUid = new Map<number, LocalActor>();

  get all(): IterableIterator<LocalActor> {
    return this.#byUid.values();
  }

  add(actor: LocalActor): void {
    this.#byUid.set(actor.uid, actor);
  }

  remove(actor: LocalActor): void {
    this.#byUid.delete(actor.uid);
  }

  find(uid: number): LocalActor | undefined {
    return this.#byUid.get(uid);
  }
}
