// The base that every actor class extends.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { stateMark } from "./actor-class.ts";
import type { Context } from "./context.ts";

/** Makes the context of an instance when it is first looked at: most messages need none. */
export interface ContextSource {
  // biome-ignore lint/suspicious/noExplicitAny: the context of whatever protocol the class has.
  makeContext(): any;
}

/** What the engine sets in a new actor. */
let attachTo: (actor: object, source: ContextSource, state: unknown) => void;
let contextOf: (actor: object) => unknown;
let stateOf: (actor: object) => unknown;

/**
 * `P` is the protocol that others speak; `Own` are messages that only the actor sends itself, from
 * timers and pipes. An actor handles one message at a time, across awaits. `state` is plain data;
 * everything else is rebuilt in `start`. A thrown error is a crash: the supervisor decides. To refuse
 * a request without crashing, throw `reply(failure)`.
 */
export abstract class Actor<P, S = undefined, Own = unknown> {
  /** The source at first, the context once it was made. */
  // biome-ignore lint/suspicious/noExplicitAny: the context's type parameters are the subclass's.
  #context: any;
  declare protected state: S;
  declare readonly [stateMark]?: S;

  static {
    attachTo = (actor, source, state) => {
      if (!(actor instanceof Actor)) throw notAnActor(actor);
      actor.#context = source;
      actor.state = state;
    };
    stateOf = (actor) => (actor instanceof Actor ? actor.state : undefined);
    contextOf = (actor) => (actor instanceof Actor ? actor.ctx : undefined);
  }

  protected get ctx(): Context<P, Own> {
    const context = this.#context;
    if (context === undefined) throw new Failure("internal", "an actor has no ctx before `start`");
    if (!("makeContext" in context)) return context;
    this.#context = context.makeContext();
    return this.#context;
  }

  /** After spawn and after each restart. Messages wait until it is done. */
  start?(): void | Promise<void>;
  /** When this instance ends: stopped, or crashed before a restart. Children have ended already. */
  stopped?(exit: Exit): void | Promise<void>;
  /** A watched actor has ended. */
  terminated?(ref: AnyRef, exit: Exit): void | Promise<void>;
}

const notAnActor = (actor: object): Failure =>
  new Failure("invalid", `${actor.constructor.name} is no actor class; let it extend Actor`);

/** Gives a new instance its state and the source of its context. */
export const attach = (actor: object, source: ContextSource, state: unknown): void =>
  attachTo(actor, source, state);

/** The instance's state. */
export const stateIn = (actor: object): unknown => stateOf(actor);

/** The instance's context; makes it. */
export const contextIn = (actor: object): unknown => contextOf(actor);
