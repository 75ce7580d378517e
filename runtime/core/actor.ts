// The base that every actor class extends.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Context } from "./context.ts";

/**
 * `P` is the protocol that others speak; `Own` are messages that only the actor sends itself, from
 * timers and pipes. An actor handles one message at a time, across awaits. `state` is plain data; everything else is
 * rebuilt in `start`. A thrown error is a crash: the supervisor decides. To refuse a request without
 * crashing, throw `reply(failure)`.
 */
export abstract class Actor<P, S = undefined, Own = unknown> {
  // Set by the engine before `start`.
  declare protected readonly ctx: Context<P, Own>;
  declare protected state: S;

  /** After spawn and after each restart. Messages wait until it is done. */
  start?(): void | Promise<void>;
  /** When this instance ends: stopped, or crashed before a restart. Children have ended already. */
  stopped?(exit: Exit): void | Promise<void>;
  /** A watched actor has ended. */
  terminated?(ref: AnyRef, exit: Exit): void | Promise<void>;
}
