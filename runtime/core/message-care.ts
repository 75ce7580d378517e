// What a development system does to each message between its actors, arguments and replies, before
// the receiver has it. Otherwise they pass by reference, and an actor that changes what it sent, or
// what it got, changes it under another actor's feet: but only as long as both live on one node.
import type { MethodSpec } from "#protocols/protocol.ts";
import { argumentsOf, payloadOf, type Selector } from "#protocols/selector.ts";
import type { RefCodec } from "./ports.ts";
import type { Post, RefHandle, Sink } from "./ref.ts";

/** `frozenMessages`, `copiedMessages`, or your own. */
export interface MessageCare {
  /** The arguments as the receiver is to have them; fails with `invalid` for what cannot be sent. */
  argumentsOf(method: string, args: readonly unknown[], refs: RefCodec): readonly unknown[];
  /** The reply as the asker is to have it; fails with `invalid` for what cannot be sent. */
  replyOf(value: unknown, refs: RefCodec): unknown;
}

/** Takes care of arguments on their way to the post; of replies the post takes care itself. */
export class CaringPost implements Post {
  readonly #post: Post;
  readonly #prepare: (method: string, args: readonly unknown[]) => readonly unknown[];

  constructor(post: Post, care: MessageCare, refs: RefCodec) {
    this.#post = post;
    this.#prepare = (method, args) => care.argumentsOf(method, args, refs);
  }

  tell(target: Sink, selector: Selector, payload: unknown): void {
    this.#post.tell(target, selector, this.#prepared(selector, payload));
  }

  ask(target: Sink, method: MethodSpec, selector: Selector, payload: unknown): Promise<unknown> {
    return this.#asking(() =>
      this.#post.ask(target, method, selector, this.#prepared(selector, payload)),
    );
  }

  tellBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): void {
    this.#post.tellBound(handle, method, this.#prepare(method.name, args));
  }

  askBound(handle: RefHandle, method: MethodSpec, args: readonly unknown[]): Promise<unknown> {
    return this.#asking(() =>
      this.#post.askBound(handle, method, this.#prepare(method.name, args)),
    );
  }

  room(handle: RefHandle, signal: AbortSignal | undefined): Promise<void> {
    return this.#post.room(handle, signal);
  }

  /** Not async: that would settle later than the ask, when its asker is no longer in the focus. */
  #asking(ask: () => Promise<unknown>): Promise<unknown> {
    try {
      return ask();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #prepared(selector: Selector, payload: unknown): unknown {
    return payloadOf(this.#prepare(selector.name, argumentsOf(selector, payload)));
  }
}
