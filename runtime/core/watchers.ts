// Who wants to know of one actor's end, on this node and on others.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatNode, type NodeId } from "#protocols/address.ts";
import { type Exit, targetOf } from "#protocols/envelope.ts";
import type { RemoteWatcher, Watching } from "./watch.ts";

/** Somebody on this node who watches. */
export interface LocalWatcher {
  readonly uid: number;
  /** Whoever asks for it can find the watcher by its uid from then on. */
  readonly address: Address;
  readonly ownHousehold: { readonly watching: Watching };
  heardTerminated(ref: AnyRef, exit: Exit): void;
}

export class Watchers {
  /** Each with the refs by which it watches: by uid, by path, or both. */
  readonly #local = new Map<LocalWatcher, Map<string, AnyRef>>();
  readonly #remote = new Map<string, RemoteWatcher>();

  addLocal(watcher: LocalWatcher, as: AnyRef): void {
    const refs = this.#local.get(watcher) ?? new Map<string, AnyRef>();
    refs.set(as.$.toString(), as);
    this.#local.set(watcher, refs);
  }

  removeLocal(watcher: LocalWatcher, as: AnyRef): void {
    const refs = this.#local.get(watcher);
    refs?.delete(as.$.toString());
    if (refs?.size === 0) this.#local.delete(watcher);
  }

  /** Everybody as other nodes see them, for a watched actor that moves away from `node`. */
  seenFrom(node: NodeId): readonly RemoteWatcher[] {
    const local = [...this.#local].flatMap(([{ address: _, uid }, refs]) =>
      [...refs.values()].map((ref) => ({ node, watcher: uid, named: targetOf(ref.$.address) })),
    );
    return [...local, ...this.#remote.values()];
  }

  /** Nobody hears of its end from here. */
  clear(): void {
    this.#local.clear();
    this.#remote.clear();
  }

  addRemote(watcher: RemoteWatcher): void {
    this.#remote.set(remoteKey(watcher), watcher);
  }

  removeRemote(watcher: RemoteWatcher): void {
    this.#remote.delete(remoteKey(watcher));
  }

  /** A node is gone: its watchers need no notice. */
  dropNode(node: NodeId): void {
    const gone = formatNode(node);
    for (const [key, watcher] of this.#remote) {
      if (formatNode(watcher.node) === gone) this.#remote.delete(key);
    }
  }

  /** Tells everybody once. */
  notify(exit: Exit, elsewhere: (watcher: RemoteWatcher, exit: Exit) => void): void {
    const local = [...this.#local];
    const remote = [...this.#remote.values()];
    this.#local.clear();
    this.#remote.clear();
    for (const [watcher, refs] of local) {
      for (const as of refs.values()) this.#tell(watcher, as, exit);
    }
    for (const watcher of remote) elsewhere(watcher, exit);
  }

  #tell(watcher: LocalWatcher, as: AnyRef, exit: Exit): void {
    if (watcher.ownHousehold.watching.remove(as)) watcher.heardTerminated(as, exit);
  }
}

const remoteKey = (watcher: RemoteWatcher): string =>
  `${formatNode(watcher.node)}|${watcher.watcher}|${watcher.named.uid === 0 ? watcher.named.path : ""}`;
