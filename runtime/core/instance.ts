// The object that an actor class makes, as its life sees it: hooks to call and an end. A hook is a call
// like a handler: what it asks is asked on its behalf, also after an `await`, and it has a signal.
import type { Exit } from "#protocols/envelope.ts";
import { Selector } from "#protocols/selector.ts";
import { contextIn } from "./actor.ts";
import type { Call, Caller, CallMessage } from "./call.ts";
import { isThenable } from "./hooks.ts";

/** The actor, as far as its hooks are concerned. */
export interface HookOwner extends Caller {
  readonly kind: {
    readonly host: { readonly focus: { makeCall(caller: Caller, message: CallMessage): Call } };
  };
  readonly ownHousehold: {
    readonly handling: { hookAwaits(call: Call): void; hookEnded(call: Call): void };
  };
}

/** No messages: they stand in no table of handlers. */
const hookSelectors = {
  start: new Selector("start", -1, 0, false),
  stopped: new Selector("stopped", -1, 1, false),
};

export class Instance {
  readonly actor: object;
  readonly #owner: HookOwner;
  /** The hook in progress. */
  #call: Call | undefined;

  constructor(actor: object, owner: HookOwner) {
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
    this.#hookEnded();
    const context = contextIn(this.actor);
    if (canEnd(context)) context.end();
  }

  #hook(name: "start" | "stopped", args: readonly unknown[]): unknown {
    const hook: unknown = Reflect.get(this.actor, name);
    if (typeof hook !== "function") return undefined;
    this.#hookEnded();
    const owner = this.#owner;
    const { handling } = owner.ownHousehold;
    const message = { payload: args[0], origin: undefined, token: undefined };
    const call = owner.kind.host.focus.makeCall(owner, {
      selector: hookSelectors[name],
      ...message,
    });
    this.#call = call;
    let isAwaiting = false;
    try {
      // It may end in the midst of its parent's turn: what it sends is its own all the same.
      const result = owner.perform(() => Reflect.apply(hook, this.actor, args), call);
      isAwaiting = isThenable(result);
      if (!isAwaiting) return undefined;
      handling.hookAwaits(call);
      return Promise.resolve(result).finally(() => handling.hookEnded(call));
    } finally {
      if (!isAwaiting) this.#hookEnded();
    }
  }

  #hookEnded(): void {
    if (this.#call) this.#owner.ownHousehold.handling.hookEnded(this.#call);
    this.#call = undefined;
  }
}

const canEnd = (context: unknown): context is { end(): void } =>
  typeof context === "object" &&
  context !== null &&
  "end" in context &&
  typeof context.end === "function";
