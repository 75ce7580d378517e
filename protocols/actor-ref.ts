// The type of an actor reference, so that messages can hold refs without knowing the runtime.

import type { Address } from "./address.ts";
import type { IsTell } from "./protocol.ts";
import type { TraceContext } from "./trace-context.ts";

export interface CallOptions {
  /** Milliseconds until this ask fails with `timeout`. */
  readonly within?: number;
  /** Aborting it fails the ask with `cancelled`. */
  readonly signal?: AbortSignal;
  /** The trace that the messages belong to. Default: that of the handler that sends, if any. */
  readonly trace?: TraceContext;
}

/** All that belongs to a ref and not to its protocol. */
export interface RefMeta<P> {
  readonly address: Address;
  readonly protocolId: string;
  /** The same ref, with other call options for its asks. */
  with(options: CallOptions): Ref<P>;
  /**
   * Settles when the mailbox of an actor of this node has room, for producers outside of any actor;
   * at once for an actor of another node, whose link has a bound of its own (`link_full`).
   */
  room(signal?: AbortSignal): Promise<void>;
  toString(): string;
}

/**
 * A reference to an actor that understands `P`, wherever it lives. Its methods send messages: a
 * `void` method returns at once, any other returns a promise that always settles.
 */
export type Ref<P> = {
  readonly [M in keyof P]: P[M] extends (...args: infer A extends readonly unknown[]) => infer R
    ? IsTell<R> extends true
      ? (...args: A) => void
      : (...args: A) => Promise<Awaited<R>>
    : never;
} & { readonly $: RefMeta<P> };

/** Marks refs. Nothing that was decoded from the wire can bear a symbol, so nothing can pose as one. */
export const refMark: unique symbol = Symbol("troupe.ref");

/** A ref whose protocol does not matter: enough to watch, stop or print it. */
export interface AnyRef {
  readonly $: {
    readonly address: Address;
    readonly protocolId: string;
    toString(): string;
  };
}
