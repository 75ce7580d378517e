// Actor references: one class per protocol, generated once, with a prototype method per message; no
// Proxy. `$` holds all that is not the protocol, so no method name is taken but that one.
import { type CallOptions, type Ref, type RefMeta, refMark } from "#protocols/actor-ref.ts";
import { type Address, formatAddress } from "#protocols/address.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Reply } from "./reply.ts";

/** Whom a ref means. */
export interface RefTarget {
  readonly protocol: Protocol<unknown>;
  readonly address: Address;
  readonly sink: Sink | undefined;
}

/** Where a handle's messages go. */
export interface Post {
  tell(handle: RefHandle, method: string, args: readonly unknown[]): void;
  ask(handle: RefHandle, method: string, args: readonly unknown[]): Promise<unknown>;
}

/** A living actor of this node, as seen by its refs. */
export interface Sink {
  accept(method: string, args: readonly unknown[], reply: Reply | undefined): void;
}

/** The `$` of a ref. */
export class RefHandle {
  readonly address: Address;
  readonly protocol: Protocol<unknown>;
  /** Set when the actor was born on this node: messages go there without any lookup. */
  readonly sink: Sink | undefined;
  readonly options: CallOptions;
  readonly #factory: RefFactory;

  constructor(factory: RefFactory, target: RefTarget, options: CallOptions) {
    this.#factory = factory;
    this.protocol = target.protocol;
    this.address = target.address;
    this.sink = target.sink;
    this.options = options;
  }

  get protocolId(): string {
    return this.protocol.id;
  }

  with(options: CallOptions): ActorRef {
    return this.#factory.build(this, { ...this.options, ...options });
  }

  toString(): string {
    return formatAddress(this.address);
  }
}

/** Every ref is an instance of this; the codec recognises refs in messages by it. */
export abstract class ActorRef {
  readonly $: RefHandle;

  get [refMark](): true {
    return true;
  }

  constructor(handle: RefHandle) {
    this.$ = handle;
  }
}

type RefClass = new (handle: RefHandle) => ActorRef;

export class RefFactory {
  readonly #post: Post;
  readonly #classes = new WeakMap<Protocol<unknown>, RefClass>();

  constructor(post: Post) {
    this.#post = post;
  }

  make<P>(protocol: Protocol<P>, address: Address, sink?: Sink): Ref<P> {
    return asRef(this.build({ protocol, address, sink }, {}));
  }

  build(target: RefTarget, options: CallOptions): ActorRef {
    const RefOfProtocol = this.#classes.get(target.protocol) ?? this.#declare(target.protocol);
    return new RefOfProtocol(new RefHandle(this, target, options));
  }

  #declare(protocol: Protocol<unknown>): RefClass {
    const post = this.#post;
    class RefOfProtocol extends ActorRef {}
    for (const { name, kind } of protocol.methods.values()) {
      const value =
        kind.kind === "tell"
          ? function (this: ActorRef, ...args: unknown[]): void {
              post.tell(this.$, name, args);
            }
          : function (this: ActorRef, ...args: unknown[]): Promise<unknown> {
              return post.ask(this.$, name, args);
            };
      Object.defineProperty(RefOfProtocol.prototype, name, { value });
    }
    this.#classes.set(protocol, RefOfProtocol);
    return RefOfProtocol;
  }
}

// The generated methods are exactly those of the protocol, which the type system cannot see.
// biome-ignore lint/suspicious/noExplicitAny: the one place where a generated class gets its type.
const asRef = (ref: any): any => ref;

/** The handle of anything that came in as a ref. */
export const handleOf = (ref: { readonly $: object } | RefMeta<unknown>): RefHandle | undefined =>
  "$" in ref && ref.$ instanceof RefHandle ? ref.$ : undefined;
