// Death watch of one actor: whom it watches. Each notice is given exactly once: an entry is taken out
// before its notice goes on. A notice that waits belongs to its watch still: who ceases to watch does
// not hear it, and who watches anew meanwhile hears it once.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { NodeId } from "#protocols/address.ts";
import type { Target } from "#protocols/envelope.ts";

/** The same for a ref and for the notice that answers it, whatever incarnation was named. */
export const watchKey = (node: string, target: Target): string =>
  `${node}|${target.uid === 0 ? target.path : target.uid}`;

/** A watcher on another node. */
export interface RemoteWatcher {
  readonly node: NodeId;
  /** The watching actor's uid there. */
  readonly watcher: number;
  /** The watched actor as the watcher named it. */
  readonly named: Target;
}

export class Watching {
  readonly #watched = new Map<string, AnyRef>();
  /** Whose notices wait in the mailbox. */
  readonly #told = new Set<string>();

  /** False when that actor is watched already, or the notice of its end waits. */
  add(ref: AnyRef): boolean {
    const key = keyOf(ref);
    if (this.#watched.has(key) || this.#told.has(key)) return false;
    this.#watched.set(key, ref);
    return true;
  }

  /** The notice of its end is in the mailbox. */
  told(ref: AnyRef): void {
    this.#told.add(keyOf(ref));
  }

  /** The notice is at its turn: whether it is still wanted. */
  hears(ref: AnyRef): boolean {
    return this.#told.delete(keyOf(ref));
  }

  /** False when it is not watched. */
  remove(ref: AnyRef): boolean {
    return this.#watched.delete(keyOf(ref));
  }

  /** The ref under which the ended actor was watched, taken out; undefined if it was not. */
  take(node: string, target: Target): AnyRef | undefined {
    const key = watchKey(node, target);
    const ref = this.#watched.get(key);
    this.#watched.delete(key);
    return ref;
  }

  /** All refs that live on a node, taken out. Incarnation 0 in a ref means any. */
  takeNode(node: NodeId): readonly AnyRef[] {
    const gone: AnyRef[] = [];
    for (const [key, ref] of this.#watched) {
      const at = ref.$.address.node;
      if (at.name !== node.name) continue;
      if (at.incarnation !== 0 && at.incarnation !== node.incarnation) continue;
      this.#watched.delete(key);
      gone.push(ref);
    }
    return gone;
  }

  /** All watched refs, which stay. */
  get all(): Iterable<AnyRef> {
    return this.#watched.values();
  }

  /** All watched refs, taken out. */
  takeAll(): readonly AnyRef[] {
    const refs = [...this.#watched.values()];
    this.#watched.clear();
    return refs;
  }
}

function keyOf(ref: AnyRef): string {
  const { address } = ref.$;
  return watchKey(address.node.name, address);
}
