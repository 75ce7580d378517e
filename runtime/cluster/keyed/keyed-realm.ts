// All kinds of keyed actors that a node uses, by name: what the engine asks about addresses of theirs.
import type { Address, NodeId } from "#protocols/address.ts";
import { keyedRealm } from "#protocols/cluster/keyed-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { BoundLevels } from "#runtime/core/bounds.ts";
import type { Realm } from "#runtime/core/realms.ts";
import type { Sink } from "#runtime/core/ref.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { keyedName } from "./keyed-address.ts";
import type { KeyedRegion } from "./keyed-region.ts";

export class KeyedRealm implements Realm {
  readonly #regions = new Map<string, KeyedRegion>();

  /** The one of that system; made when it is first needed. */
  static of({ realms }: ActorSystem): KeyedRealm {
    const known = realms.find(keyedRealm);
    if (known instanceof KeyedRealm) return known;
    const realm = new KeyedRealm();
    realms.serve(keyedRealm, realm);
    return realm;
  }

  /** Fails with `name_taken`. */
  add(kind: string, region: KeyedRegion): void {
    if (this.#regions.has(kind)) {
      const text = `this node uses the kind ${kind} already; keep what keyed() answered then`;
      throw new Failure("name_taken", text);
    }
    this.#regions.set(kind, region);
  }

  sinkOf({ path }: Address): Sink | undefined {
    const name = keyedName(path);
    return name && this.#regions.get(name.kind)?.sinkOf(name.key);
  }

  arriving(from: NodeId, path: string): Sink | undefined {
    const name = keyedName(path);
    return name && this.#regions.get(name.kind)?.arriving(from, name.key);
  }

  get levels(): BoundLevels {
    const regions = [...this.#regions.values()];
    return {
      keyedLivingMax: Math.max(0, ...regions.map(({ livingCount }) => livingCount)),
      keyedHeldMax: Math.max(0, ...regions.map(({ heldHighest }) => heldHighest)),
      keyedMovesMax: Math.max(0, ...regions.map(({ status }) => status.moving)),
    };
  }
}
