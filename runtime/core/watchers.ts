// Who wants to know of one actor's end, on this node and on others.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { RemoteWatcher, Watching } from "./watch.ts";

/** Somebody on this node who watches. */
export interface LocalWatcher {
  readonly watching: Watching;
  heardTerminated(ref: AnyRef, exit: Exit): void;
}

export class Watchers {
  /** Each with the ref by which it watches. */
  readonly #local = new Map<LocalWatcher, AnyRef>();
  readonly #remote = new Map<string, RemoteWatcher>();

  addLocal(watcher: LocalWatcher, as: AnyRef): void {
    this.#local.set(watcher, as);
  }

  removeLocal(watcher: LocalWatcher): void {
    this.#local.delete(watcher);
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
    for (const [watcher, as] of local) {
      if (watcher.watching.remove(as)) watcher.heardTerminated(as, exit);
    }
    for (const watcher of remote) elsewhere(watcher, exit);
  }
}

const remoteKey = (watcher: RemoteWatcher): string =>
  `${formatNode(watcher.node)}|${watcher.watcher}`;
