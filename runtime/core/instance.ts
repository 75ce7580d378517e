// The object that an actor class makes, as its life sees it: hooks to call and an end.
import type { Exit } from "#protocols/envelope.ts";
import { contextIn } from "./actor.ts";
import { CellContext } from "./cell-context.ts";

export class Instance {
  readonly actor: object;

  constructor(actor: object) {
    this.actor = actor;
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
    if (context instanceof CellContext) context.end();
  }

  #hook(name: "start" | "stopped", args: readonly unknown[]): unknown {
    const hook: unknown = Reflect.get(this.actor, name);
    return typeof hook === "function" ? Reflect.apply(hook, this.actor, args) : undefined;
  }
}
