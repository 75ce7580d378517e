// The commands that a node client answers or observes. It outlives the lives of the node.
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlOrder, ControlResponse } from "#protocols/tasks/control.ts";
import { type ControlScope, isControlCommand } from "#protocols/tasks/control-commands.ts";
import { controlResponseOf } from "#protocols/tasks/control-response.ts";
import type { ShownBound } from "#runtime/observation/shown-figures.ts";

/**
 * Answers the command: a map that fits into JSON, or nothing. A `Failure` that it throws is the answer, too;
 * any other error fails the command with `actor_crashed`, and any other answer with `internal`.
 */
export type CommandHandler = (
  order: ControlOrder,
) => ControlResponse | undefined | Promise<ControlResponse | undefined> | Promise<void> | void;

export interface HandledCommand {
  readonly handler: CommandHandler;
  /** Of the keys that may issue it. */
  readonly scope: ControlScope;
}

export const observedCommand = "CANCEL_TASK";

export class CommandBook {
  readonly #commands = new Map<string, HandledCommand>();
  readonly #leaving = new Set<string>();
  #refusedTotal = 0;

  /** As metrics show it. */
  get bound(): ShownBound {
    const { size: highest } = this.#commands;
    const { handlersMax: max } = clientLimits;
    return { bound: "client_handlers", max, highest, reached: this.#refusedTotal };
  }

  /** Those that the control channel is to hand to this node. */
  get answered(): readonly (readonly [string, HandledCommand])[] {
    return [...this.#commands].filter(
      ([command]) => command !== observedCommand && !this.#leaving.has(command),
    );
  }

  get(command: string): HandledCommand | undefined {
    return this.#commands.get(command);
  }

  /** Fails with `invalid` for a name that can be no command, and `name_taken` for one that has a handler. */
  add(command: string, handled: HandledCommand): void {
    if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(command)) {
      const text = `${command} cannot be the name of a command: write it like SWITCH_LIGHT`;
      throw new Failure("invalid", text);
    }
    if (isControlCommand(command) && command !== observedCommand) {
      const text = `${command} is answered by the cluster itself; of its commands only ${observedCommand} can be observed`;
      throw new Failure("name_taken", text);
    }
    if (this.#commands.has(command)) {
      const text = `${command} has a handler on this node already: unregister that first`;
      throw new Failure("name_taken", text);
    }
    if (this.#commands.size >= clientLimits.handlersMax) {
      this.#refusedTotal += 1;
      const text = `${this.#commands.size} commands have handlers, the most there may be; unregister one`;
      throw new Failure("unavailable", text);
    }
    this.#commands.set(command, handled);
  }

  /** No control channel is told of it any more; what comes is still answered. */
  leave(command: string): void {
    this.#leaving.add(command);
  }

  remove(command: string): void {
    this.#leaving.delete(command);
    this.#commands.delete(command);
  }
}

/** What the handler responds; fails with a `Failure`, whatever it throws. */
export async function responseOf(
  { handler }: HandledCommand,
  order: ControlOrder,
): Promise<ControlResponse> {
  try {
    return controlResponseOf(order.command, await handler(order));
  } catch (cause) {
    throw Failure.of(cause, "actor_crashed");
  }
}
