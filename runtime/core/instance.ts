// The object that an actor class makes, as its life sees it: hooks to call and an end.
import type { Exit } from "#protocols/envelope.ts";
import { contextIn } from "./actor.ts";
import type { Caller } from "./call.ts";

export class Instance {
  readonly actor: object;
  readonly #owner: Caller;

  constructor(actor: object, owner: Caller) {
    this.actor = actor;
    this.#owner = owner;
  }

  start(): unknown {
    return this.#hook("start", []);
  }

  stopped(exit: Exit): unknown {
    return this.#hook("stopped", [exit]);
  }

  /** Whatever it still has under way can do nothing any more. */
  end(): void {
    const context = contextIn(this.actor);
    if (canEnd(context)) context.end();
  }

  #hook(name: "start" | "stopped", args: readonly unknown[]): unknown {
    const hook: unknown = Reflect.get(this.actor, name);
    if (typeof hook !== "function") return undefined;
    // It may end in the midst of its parent's turn: what it sends is its own all the same.
    return this.#owner.perform(() => Reflect.apply(hook, this.actor, args));
  }
}

const canEnd = (context: unknown): context is { end(): void } =>
  typeof context === "object" &&
  context !== null &&
  "end" in context &&
  typeof context.end === "function";
