// Keyed actors: one for each key, somewhere in the cluster, started by its first message. `keyed` is
// called on each node that hosts a kind, with its class, or that only sends to it, with its protocol.
import type { Ref } from "#protocols/actor-ref.ts";
import { keeperName } from "#protocols/cluster/keyed-protocol.ts";
import type { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import type { Fenced } from "#runtime/cluster/names/singleton.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { keyedAddress, keyProblem } from "./keyed-address.ts";
import { KeyedKeeper } from "./keyed-keeper.ts";
import { KeyedRealm } from "./keyed-realm.ts";
import { KeyedRegion } from "./keyed-region.ts";
import type { KeyedStatus } from "./keyed-status.ts";
import { type HostTerms, type KindTerms, kindTerms } from "./keyed-terms.ts";

/** What every keyed actor gets beside its own arguments. */
export interface Keyed extends Fenced {
  readonly key: string;
}

/** An actor class that can be keyed: its arguments have a key and a fence. */
export type KeyedClass<P, A extends Keyed> = ActorClass & {
  readonly protocol: Protocol<P>;
  initial(args: A): unknown;
};

/** Their own arguments, the same for all of this node. */
type OwnArguments<A extends Keyed> =
  object extends Omit<A, keyof Keyed>
    ? { readonly args?: Omit<A, keyof Keyed> }
    : { readonly args: Omit<A, keyof Keyed> };

/** A started node is one. */
export interface SessionNode {
  readonly system: ActorSystem;
  readonly session: DirectorySession;
}

/**
 * This node hosts actors of the kind: each shard of the keys lives on one of its hosts. Fails with
 * `invalid`, and `name_taken` when the node uses the kind already.
 */
export function keyed<P, A extends Keyed>(
  node: SessionNode,
  type: KeyedClass<P, A>,
  terms: HostTerms & OwnArguments<A>,
): KeyedActors<P>;
/** This node only sends to them. */
export function keyed<P>(
  node: SessionNode,
  protocol: Protocol<P>,
  terms: KindTerms,
): KeyedActors<P>;
export function keyed<P>(
  node: SessionNode,
  what: Protocol<P> | (ActorClass & { readonly protocol: Protocol<P> }),
  terms: HostTerms & { readonly args?: object },
): KeyedActors<P> {
  const isClass = typeof what === "function";
  const protocol = isClass ? what.protocol : what;
  const hosted = isClass ? { type: what, args: terms.args ?? {} } : undefined;
  const { session, system } = node;
  const full = kindTerms(terms);
  system.learn(protocol);
  const region = new KeyedRegion(system, session, { ...full, protocol, hosted });
  KeyedRealm.of(system).add(full.kind, region);
  system.spawn(KeyedKeeper, { region }, { name: keeperName(full.kind) });
  system.onShutdown("finish-work", `the shards of ${full.kind}`, () => region.leave());
  return new KeyedActors(system, { kind: full.kind, protocol, region });
}

export class KeyedActors<P> {
  /**
   * Settles when this node takes part; fails with `conflict` when other nodes have the kind with
   * another number of shards or another protocol, after which nothing can be sent to it from here.
   */
  readonly ready: Promise<void>;
  readonly #system: ActorSystem;
  readonly #kind: string;
  readonly #protocol: Protocol<P>;
  readonly #region: KeyedRegion;

  constructor(
    system: ActorSystem,
    of: { readonly kind: string; readonly protocol: Protocol<P>; readonly region: KeyedRegion },
  ) {
    this.#system = system;
    this.#kind = of.kind;
    this.#protocol = of.protocol;
    this.#region = of.region;
    this.ready = of.region.join();
    this.ready.catch(({ code, detail }: Failure) =>
      system.log.write("error", `/${keeperName(of.kind)}`, detail, { code }),
    );
  }

  /**
   * The actor of that key, living or not: a ref like any other, on every node that uses the kind.
   * Fails with `invalid` for what can be no key.
   */
  of(key: string): Ref<P> {
    const problem = keyProblem(key);
    if (problem) {
      const isLong = typeof key === "string" && key.length > limits.keyedKeyLengthMax;
      if (isLong) this.#system.realms.reached("keyedKeyLengthMax");
      throw problem;
    }
    const address = keyedAddress(this.#kind, key);
    const protocolId = this.#protocol.id;
    return this.#system.refFrom(this.#protocol, { $: { address, protocolId } });
  }

  get status(): KeyedStatus {
    return this.#region.status;
  }

  /**
   * Hands all shards of this node to others, and takes none any more; `shutdown` does so by itself.
   * Settles when it owns none.
   */
  leave(): Promise<void> {
    return this.#region.leave();
  }
}
