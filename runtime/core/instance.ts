// The object that an actor class makes: built with its state and context, called by method name.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorClass } from "./actor-class.ts";
import { CellContext, type ContextOwner } from "./cell-context.ts";
import type { CellHost } from "./cell-host.ts";
import { atBirth } from "./hooks.ts";

export class Instance {
  readonly context: CellContext<unknown>;
  readonly #actor: object;

  /** Throws `BirthFailure` when the class's constructor or `initial` throws. */
  constructor(
    type: ActorClass,
    args: unknown,
    ports: { readonly owner: ContextOwner; readonly host: CellHost; readonly self: Ref<unknown> },
  ) {
    this.context = new CellContext(ports.owner, ports.host, ports.self);
    this.#actor = atBirth("constructor", () => new type());
    const state = atBirth("initial", () => type.initial?.(args));
    Object.assign(this.#actor, { ctx: this.context, state });
  }

  /** Calls the handler of a message. What comes from outside was checked against the protocol. */
  handle(method: string, args: readonly unknown[]): unknown {
    const handler = Reflect.get(this.#actor, method);
    if (typeof handler !== "function") {
      throw new Failure("internal", `${this.context.path} has no handler for ${method}; write one`);
    }
    return Reflect.apply(handler, this.#actor, args);
  }

  start(): unknown {
    return this.#hook("start", []);
  }

  stopped(exit: Exit): unknown {
    return this.#hook("stopped", [exit]);
  }

  terminated(ref: AnyRef, exit: Exit): unknown {
    return this.#hook("terminated", [ref, exit]);
  }

  #hook(name: "start" | "stopped" | "terminated", args: readonly unknown[]): unknown {
    const hook = Reflect.get(this.#actor, name);
    return typeof hook === "function" ? Reflect.apply(hook, this.#actor, args) : undefined;
  }
}
