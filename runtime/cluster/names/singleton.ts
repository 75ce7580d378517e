// An actor that runs on exactly one of the nodes that may run it. Each of them has a keeper; one of
// these has claimed the name and has the actor as its child, the others wait for the name:
//
//   waiting ──name is free──► claiming ──ours──► owning (child, with its fence) ──child ended──► waiting
//                                                  │ the session is lost
//                                                  ▼
//                                                 over: the child is stopped within the session's margin
//
// The keeper is the door: what is sent to the singleton passes through it, and not one message does
// when the session may have ended, as after the process stood still. What the actor does by itself
// meanwhile is told by its fence: whoever it writes to refuses a fence lower than one it has seen.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Entry, Revision } from "#runtime/cluster/directory/directory.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";
import { type SingletonMessages, SingletonTenure, type TenureContext } from "./singleton-tenure.ts";

/** What every singleton gets beside its own arguments. */
export interface Fenced {
  /** Higher than that of any owner before. */
  readonly fence: Revision;
}

/** An actor class that can be a singleton: its arguments have a fence. */
export type FencedClass<P, A extends Fenced> = ActorClass & {
  readonly protocol: Protocol<P>;
  initial(args: A): unknown;
};

export interface SingletonArguments<A> {
  /** The name in the cluster. */
  readonly name: string;
  readonly session: DirectorySession;
  readonly args: Omit<A, "fence">;
}

/** To be spawned on each node that may run the singleton. */
export interface SingletonClass<P, A> {
  readonly protocol: Protocol<P>;
  initial(args: SingletonArguments<A>): SingletonArguments<A>;
  new (): object;
}

/** The class of the keepers of a singleton of that class. Their refs are `singletonRef`'s to find. */
export function singletonOf<P, A extends Fenced>(type: FencedClass<P, A>): SingletonClass<P, A> {
  class SingletonKeeper extends Actor<P, SingletonArguments<A>, SingletonMessages> {
    static readonly protocol = type.protocol;
    static initial = (args: SingletonArguments<A>): SingletonArguments<A> => args;
    static {
      declareHandlers(SingletonKeeper.prototype, type.protocol, (keeper) => keeper.#tenure?.pass());
    }
    #tenure: SingletonTenure | undefined;

    override start(): void {
      this.#tenure = new SingletonTenure(tenureContext(this.ctx), { ...this.state, type });
    }

    override async stopped(): Promise<void> {
      await this.#tenure?.end();
    }

    override terminated(ref: AnyRef): void {
      this.#tenure?.childEnded(ref);
    }

    singletonFree(): void {
      this.#tenure?.claim();
    }

    singletonClaimed(entry: Entry): void {
      this.#tenure?.claimed(entry);
    }

    singletonMissed(failure: FailureData): void {
      this.#tenure?.missed(failure);
    }

    singletonLost(failure: FailureData): void {
      this.#tenure?.lost(failure);
    }
  }
  return SingletonKeeper;
}

/** The context for messages that the actor sends itself, whatever its protocol. */
function tenureContext(ctx: unknown): TenureContext {
  if (isTenureContext(ctx)) return ctx;
  throw new Failure("internal", "an actor has a context");
}

const isTenureContext = (ctx: unknown): ctx is TenureContext =>
  typeof ctx === "object" && ctx !== null && "send" in ctx && "after" in ctx && "pipe" in ctx;
