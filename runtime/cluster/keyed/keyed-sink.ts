// One keyed actor as this node sees it: its key, its shard, where its messages go.
import type { Address, NodeId } from "#protocols/address.ts";
import { keyedRealm } from "#protocols/cluster/keyed-protocol.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Selector } from "#protocols/selector.ts";
import type { Origin } from "#runtime/core/origin.ts";
import type { RealmMessage } from "#runtime/core/realms.ts";
import type { Sink } from "#runtime/core/ref.ts";
import { keyedAddress } from "./keyed-address.ts";

export interface KeyedSinkTerms {
  readonly protocol: Protocol<unknown>;
  readonly kind: string;
  readonly key: string;
  readonly shard: number;
  /** What becomes of its messages. */
  readonly take: (to: KeyedSink, message: RealmMessage) => void;
  /** The living actor of that key, where this node has it. */
  readonly living: (key: string) => Sink | undefined;
}

export class KeyedSink implements Sink {
  readonly key: string;
  readonly shard: number;
  readonly #terms: KeyedSinkTerms;
  #way: Address | undefined;

  constructor(terms: KeyedSinkTerms) {
    this.key = terms.key;
    this.shard = terms.shard;
    this.#terms = terms;
  }

  get protocol(): Protocol<unknown> {
    return this.#terms.protocol;
  }

  get address(): Address {
    return keyedAddress(this.#terms.kind, this.key);
  }

  /** Who handles what is sent, if that is known here: asks that would wait for themselves are found so. */
  get standsFor(): Sink | undefined {
    return this.#terms.living(this.key);
  }

  accept(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    this.#terms.take(this, { selector, payload, origin });
  }

  /** Its address on that node. */
  at(node: NodeId): Address {
    if (this.#way?.node !== node) {
      this.#way = { node, path: `/${keyedRealm}${this.address.path}`, uid: 0 };
    }
    return this.#way;
  }
}
