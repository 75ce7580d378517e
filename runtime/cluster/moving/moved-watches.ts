// Watches of actors that may have moved. Their watchers' nodes are told before an actor may leave, so that
// none of them takes the end of a node for the end of the actor: then the directory is asked first.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatNode, isSameNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, actorIdOf, type LocationEntry } from "#protocols/cluster/migration.ts";
import { type Exit, targetOf } from "#protocols/envelope.ts";
import type { LocalActor } from "#runtime/core/cell-host.ts";
import type { Inside } from "#runtime/core/mover-inside.ts";
import type { RemoteWatcher } from "#runtime/core/watch.ts";
import { exitFields, node, number, readExit, text } from "./carried-message.ts";

export interface MovedWatchesPorts {
  readonly node: NodeId;
  readonly inside: Inside;
  /** Asks the directory. */
  find(aid: ActorId, found: (place: LocationEntry | undefined) => void): void;
  aside(to: string, about: string, ...fields: readonly unknown[]): void;
  /** Tells this node's engine of an end, as if that node had sent it. */
  deliverEnd(born: NodeId, watcher: RemoteWatcher, exit: Exit): void;
}

export class MovedWatches {
  readonly #ports: MovedWatchesPorts;
  /** Watched from this node, and perhaps moved. */
  readonly #mayMove = new Set<ActorId>();

  constructor(ports: MovedWatchesPorts) {
    this.#ports = ports;
  }

  /** That actor is watched from here, and is about to move or has moved. */
  expect(aid: ActorId): void {
    this.#mayMove.add(aid);
  }

  get count(): number {
    return this.#mayMove.size;
  }

  /** To the nodes of those who watch an actor that is about to move. */
  announce(aid: ActorId, watchers: readonly RemoteWatcher[]): void {
    const { node: self } = this.#ports;
    const nodes = new Map(watchers.map((watcher) => [formatNode(watcher.node), watcher.node]));
    for (const [key, at] of nodes) {
      if (isSameNode(at, self)) this.expect(aid);
      else this.#ports.aside(key, "may-move", aid);
    }
  }

  /** To one who watches an actor of that identity, wherever it lived. */
  notify(watcher: RemoteWatcher, identity: Address, exit: Exit): void {
    const { born, named } = { born: identity.node, named: watcher.named };
    if (isSameNode(watcher.node, this.#ports.node)) {
      this.#ports.deliverEnd(born, watcher, exit);
      return;
    }
    const fields = [formatNode(born), watcher.watcher, named.path, named.uid, ...exitFields(exit)];
    this.#ports.aside(formatNode(watcher.node), "ended", ...fields);
  }

  heardEnd([born, watcher, path, uid, ...exit]: readonly unknown[]): void {
    const named = { path: text(path), uid: number(uid) };
    const at = { node: this.#ports.node, watcher: number(watcher), named };
    this.#ports.deliverEnd(node(born), at, readExit(exit));
  }

  /** The node that it was born on is gone. True: it may live elsewhere, and its watcher hears later. */
  livesOn(watcher: LocalActor, ref: AnyRef): boolean {
    const aid = idOf(ref);
    if (aid === undefined || !this.#mayMove.has(aid)) return false;
    watcher.ownHousehold.watching.add(ref);
    this.#look(aid, watcher, ref);
    return true;
  }

  /** Any node is gone: moved actors may have been there. */
  nodeDown(gone: NodeId): void {
    if (this.#mayMove.size === 0) return;
    for (const watcher of this.#ports.inside.registry.all) {
      for (const ref of watcher.household?.watchingIfAny?.all ?? []) {
        const aid = idOf(ref);
        const isTold = isSameNode(ref.$.address.node, gone);
        if (aid !== undefined && !isTold && this.#mayMove.has(aid)) this.#look(aid, watcher, ref);
      }
    }
  }

  #look(aid: ActorId, watcher: LocalActor, ref: AnyRef): void {
    const { address } = ref.$;
    this.#ports.find(aid, (place) => {
      const { watching } = watcher.ownHousehold;
      if (place !== undefined) {
        // Recovered from a copy perhaps, and watched by those that the copy knew of: said again.
        if ([...watching.all].includes(ref)) this.#ports.inside.host.beginWatch(ref, watcher);
        return;
      }
      this.#mayMove.delete(aid);
      if (watching.take(address.node.name, targetOf(address)) === undefined) return;
      watcher.heardTerminated(ref, { kind: "node-down", node: address.node.name });
    });
  }
}

function idOf(ref: AnyRef): ActorId | undefined {
  const { address } = ref.$;
  const isKnown = address.uid !== 0 && address.node.incarnation !== 0;
  return isKnown ? actorIdOf(address) : undefined;
}
