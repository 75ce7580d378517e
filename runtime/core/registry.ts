// Where envelopes and refs find the living actors of this node: by uid, or by path.
import type { Target } from "#protocols/envelope.ts";
import type { LocalActor } from "./cell-host.ts";

export class Registry {
  readonly #byUid = new Map<number, LocalActor>();
  readonly #byPath = new Map<string, LocalActor>();

  get size(): number {
    return this.#byUid.size;
  }

  get all(): IterableIterator<LocalActor> {
    return this.#byUid.values();
  }

  add(actor: LocalActor): void {
    this.#byUid.set(actor.address.uid, actor);
    this.#byPath.set(actor.address.path, actor);
  }

  remove(actor: LocalActor): void {
    this.#byUid.delete(actor.address.uid);
    if (this.#byPath.get(actor.address.path) === actor) this.#byPath.delete(actor.address.path);
  }

  find(target: Target): LocalActor | undefined {
    return target.uid === 0 ? this.#byPath.get(target.path) : this.#byUid.get(target.uid);
  }
}
