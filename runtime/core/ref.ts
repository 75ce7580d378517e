// Actor references: two classes per protocol, generated once, with a prototype method per message; no
// Proxy. A local ref holds its actor and nothing else; a bound ref holds a handle, for actors of other
// nodes, for paths, and for refs with options. `$` holds all that is not the protocol, so no method
// name is taken but that one.
//
// Hot: W1, W4.
import { type CallOptions, type Ref, type RefMeta, refMark } from "#protocols/actor-ref.ts";
import { type Address, formatAddress } from "#protocols/address.ts";
import type { MethodSpec, Protocol } from "#protocols/protocol.ts";
import type { Selector } from "#protocols/selector.ts";
import type { Call, Caller } from "./call.ts";
import type { Origin } from "./origin.ts";

/** A living actor of this node, as seen by its refs. */
export interface Sink {
  readonly protocol: Protocol<unknown>;
  readonly address: Address;
  accept(selector: Selector, payload: unknown, origin: Origin | undefined): void;
}

/** Whom a ref means: an actor of this node, or whoever lives at an address. */
export interface RefTarget {
  readonly protocol: Protocol<unknown>;
  readonly sink: Sink | undefined;
  /** Undefined when the sink knows it. */
  readonly at: Address | undefined;
}

/** On whose behalf messages are sent: of the handler in progress when nothing is said. */
export interface SentOnBehalf {
  readonly call?: Call | undefined;
  /** The actor that sends, where it is no handler of it. */
  readonly caller?: Caller | undefined;
}

/** How a ref's messages are sent. */
export interface RefOptions extends CallOptions, SentOnBehalf {
  /** The handler hands its own message on: whoever sent that is named as the sender. */
  readonly isPassedOn?: boolean;
}

/** Where a ref's messages go. */
export interface Post {
  tell(target: Sink, selector: Selector, payload: unknown): void;
  ask(target: Sink, method: MethodSpec, selector: Selector, payload: unknown): Promise<unknown>;
  tellBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): void;
  askBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): Promise<unknown>;
  room(handle: RefHandle, signal: AbortSignal | undefined): Promise<void>;
}

/** The `$` of a ref. */
export class RefHandle {
  readonly protocol: Protocol<unknown>;
  /** Set when the actor was born on this node: messages go there without any lookup. */
  readonly sink: Sink | undefined;
  readonly options: RefOptions;
  readonly #at: Address | undefined;
  readonly #factory: RefFactory;

  constructor(factory: RefFactory, target: RefTarget, options: RefOptions) {
    this.#factory = factory;
    this.protocol = target.protocol;
    this.sink = target.sink;
    this.#at = target.at;
    this.options = options;
  }

  get address(): Address {
    return this.#at ?? this.sink?.address ?? nowhere;
  }

  get protocolId(): string {
    return this.protocol.id;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the same protocol, which the type system cannot see.
  with(options: RefOptions): any {
    const { protocol, sink } = this;
    return this.#factory.bound({ protocol, sink, at: this.#at }, { ...this.options, ...options });
  }

  /** The same actor, sent the messages of that protocol; it may know more, or refuse them. */
  speaking<P>(protocol: Protocol<P>): Ref<P> {
    return asRef(this.#factory.bound({ protocol, sink: this.sink, at: this.#at }, this.options));
  }

  /** Settles when the actor's mailbox has room; at once for an actor of another node. */
  room(signal?: AbortSignal): Promise<void> {
    return this.#factory.post.room(this, signal);
  }

  toString(): string {
    return formatAddress(this.address);
  }
}

const nowhere: Address = { node: { name: "nowhere", incarnation: 0 }, path: "/", uid: 0 };

const inspected: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** Where a local ref has its actor: a symbol, because a message may be named anything. */
const sinkMark: unique symbol = Symbol("sink");

/** Every ref is an instance of this; the codec recognises refs in messages by it. */
export abstract class ActorRef {
  abstract readonly $: RefHandle;
  declare readonly [sinkMark]?: Sink;

  get [refMark](): true {
    return true;
  }

  /** For texts and logs; no message can be named so. */
  toString(): string {
    return this.$.toString();
  }

  toJSON(): string {
    return this.$.toString();
  }

  /** For `console.log`, which would show half of the system. */
  [inspected](): string {
    return this.$.toString();
  }
}

/** The actor of this node that a plain local ref means. */
export const sinkOf = (ref: object): Sink | undefined =>
  ref instanceof ActorRef ? ref[sinkMark] : undefined;

type LocalRefClass = new (target: Sink) => ActorRef;
type BoundRefClass = new (handle: RefHandle) => ActorRef;

interface RefClasses {
  readonly local: LocalRefClass;
  readonly bound: BoundRefClass;
}

export class RefFactory {
  readonly post: Post;
  readonly #classes = new WeakMap<Protocol<unknown>, RefClasses>();

  constructor(post: Post) {
    this.post = post;
  }

  /** A ref to an actor of this node. */
  local<P>(target: Sink): Ref<P> {
    return asRef(new (this.#of(target.protocol).local)(target));
  }

  /** A ref to whoever lives at an address, as far as it is not a known actor of this node. */
  make<P>(protocol: Protocol<P>, address: Address, sink?: Sink): Ref<P> {
    if (sink?.protocol.id === protocol.id) return this.local(sink);
    return asRef(this.bound({ protocol, sink, at: address }, {}));
  }

  bound(target: RefTarget, options: RefOptions): ActorRef {
    return new (this.#of(target.protocol).bound)(new RefHandle(this, target, options));
  }

  #of(protocol: Protocol<unknown>): RefClasses {
    const known = this.#classes.get(protocol);
    if (known) return known;
    const made = { local: this.#declareLocal(protocol), bound: this.#declareBound(protocol) };
    this.#classes.set(protocol, made);
    return made;
  }

  #declareLocal(protocol: Protocol<unknown>): LocalRefClass {
    const { post } = this;
    const factory = this;
    class LocalRef extends ActorRef {
      override readonly [sinkMark]: Sink;

      constructor(sink: Sink) {
        super();
        this[sinkMark] = sink;
      }

      get $(): RefHandle {
        return new RefHandle(factory, { protocol, sink: this[sinkMark], at: undefined }, {});
      }
    }
    for (const method of protocol.methods.values()) {
      const value = method.kind.kind === "tell" ? localTell(post, method) : localAsk(post, method);
      Object.defineProperty(LocalRef.prototype, method.name, { value });
    }
    return LocalRef;
  }

  #declareBound(protocol: Protocol<unknown>): BoundRefClass {
    const { post } = this;
    class BoundRef extends ActorRef {
      readonly $: RefHandle;

      constructor(handle: RefHandle) {
        super();
        this.$ = handle;
      }
    }
    for (const method of protocol.methods.values()) {
      const value =
        method.kind.kind === "tell"
          ? function (this: BoundRef, ...args: unknown[]): void {
              post.tellBound(this.$, method, args);
            }
          : function (this: BoundRef, ...args: unknown[]): Promise<unknown> {
              return post.askBound(this.$, method, args);
            };
      Object.defineProperty(BoundRef.prototype, method.name, { value });
    }
    return BoundRef;
  }
}

interface HoldsSink {
  readonly [sinkMark]: Sink;
}

// `arguments`, because a rest parameter would cost an array a message.
function localTell(post: Post, { selectors }: MethodSpec) {
  return function (this: HoldsSink, first?: unknown): void {
    // biome-ignore lint/complexity/noArguments: Hot: W1.
    const count = arguments.length;
    if (count === 1) post.tell(this[sinkMark], selectors.one, first);
    else if (count === 0) post.tell(this[sinkMark], selectors.none, undefined);
    // biome-ignore lint/complexity/noArguments: as above.
    else post.tell(this[sinkMark], selectors.many, Array.from(arguments));
  };
}

function localAsk(post: Post, method: MethodSpec) {
  const { selectors } = method;
  return function (this: HoldsSink, first?: unknown): Promise<unknown> {
    // biome-ignore lint/complexity/noArguments: Hot: W2.
    const count = arguments.length;
    if (count === 1) return post.ask(this[sinkMark], method, selectors.one, first);
    if (count === 0) return post.ask(this[sinkMark], method, selectors.none, undefined);
    // biome-ignore lint/complexity/noArguments: as above.
    return post.ask(this[sinkMark], method, selectors.many, Array.from(arguments));
  };
}

// The generated methods are exactly those of the protocol, which the type system cannot see.
// biome-ignore lint/suspicious/noExplicitAny: the one place where a generated class gets its type.
const asRef = (ref: any): any => ref;

/** The handle of anything that came in as a ref. */
export const handleOf = (ref: { readonly $: object } | RefMeta<unknown>): RefHandle | undefined =>
  "$" in ref && ref.$ instanceof RefHandle ? ref.$ : undefined;
