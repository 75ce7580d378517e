// Brings the handlers of a node client to the control channel and away from it: of one command one thing
// after the other, so that a channel never has a handler that is not here for long.
//
//   register ──► in the book ──► at the channel ──refused──► out of the book
//                                     └──not known──► out of the book, and withdrawn until the channel agrees
//   unregister ──► leaving (still answers) ──► withdrawn at the channel ──► out of the book

import type { Ref } from "#protocols/actor-ref.ts";
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlHandler } from "#protocols/tasks/control.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { pause } from "#runtime/host/pause.ts";
import { CancelWatch, type CancelWatchPorts } from "./cancel-watch.ts";
import type { ClusterDesks } from "./cluster-desks.ts";
import { type CommandBook, type HandledCommand, observedCommand } from "./command-book.ts";

export interface CommandRegistrationPorts {
  readonly book: CommandBook;
  readonly cluster: CancelWatchPorts["cluster"];
  readonly control: ClusterDesks["control"];
  readonly observedQueues: readonly string[];
  /** The actor that answers commands, in the present life. */
  desk(): Ref<ControlHandler>;
  log(message: string): void;
}

interface Withdrawal {
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

const retry = { delayMsMin: 100, delayMsMax: 3_000, factor: 2, jitter: 0.5 };

export class CommandRegistration {
  readonly #ports: CommandRegistrationPorts;
  /** The last one of each command; settles, and never fails. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #withdrawals = new Map<string, Withdrawal>();
  #watch: CancelWatch | undefined;
  #isOver = false;

  constructor(ports: CommandRegistrationPorts) {
    this.#ports = ports;
  }

  register(command: string, handled: HandledCommand): Promise<void> {
    return this.#inTurn(command, () => this.#register(command, handled));
  }

  unregister(command: string): Promise<void> {
    return this.#inTurn(command, () => this.#unregister(command));
  }

  end(): void {
    this.#isOver = true;
    this.#watch?.end();
    for (const { ending } of this.#withdrawals.values()) ending.abort();
  }

  #inTurn(command: string, act: () => Promise<void>): Promise<void> {
    const former = this.#turns.get(command) ?? Promise.resolve();
    const turn = former.then(() => this.#holdBack(command)).then(act);
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(command) === settled) this.#turns.delete(command);
      });
    this.#turns.set(command, settled);
    return turn;
  }

  async #register(command: string, handled: HandledCommand): Promise<void> {
    const { book, control, desk } = this.#ports;
    book.add(command, handled);
    try {
      if (command === observedCommand) this.#watch = await this.#beginWatch(handled);
      else {
        const { scope } = handled;
        await control.ask((channel) => channel.register({ command, handler: desk(), scope }));
      }
    } catch (cause) {
      book.remove(command);
      const isUnknown = command !== observedCommand && Failure.of(cause).isRetryable;
      if (isUnknown) this.#withdrawLater(command);
      throw cause;
    }
  }

  async #unregister(command: string): Promise<void> {
    const { book } = this.#ports;
    if (!book.get(command)) return;
    if (command === observedCommand) {
      this.#watch?.end();
      this.#watch = undefined;
    } else {
      book.leave(command);
      await this.#withdraw(command);
    }
    book.remove(command);
  }

  async #withdraw(command: string): Promise<void> {
    const { control, desk } = this.#ports;
    await control.ask((channel) => channel.withdraw({ command, handler: desk() }));
  }

  /** It may have been registered without our hearing of it: others could not have the name then. */
  #withdrawLater(command: string): void {
    if (this.#isOver) return;
    const ending = new AbortController();
    const done = this.#withdrawUntil(command, ending.signal).then(() => {
      if (this.#withdrawals.get(command)?.ending === ending) this.#withdrawals.delete(command);
    });
    this.#withdrawals.set(command, { ending, done });
  }

  async #withdrawUntil(command: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await pause(backoffDelay(retry, attempt, Math.random()), signal);
      if (signal.aborted) return;
      try {
        await this.#withdraw(command);
        return;
      } catch (cause) {
        const { detail } = Failure.of(cause);
        this.#ports.log(`${command} may still be registered, to be withdrawn: ${detail}`);
      }
    }
  }

  /** What is done next decides about the command; nothing sent before may come after it. */
  async #holdBack(command: string): Promise<void> {
    const withdrawal = this.#withdrawals.get(command);
    withdrawal?.ending.abort();
    await withdrawal?.done;
  }

  #beginWatch(handled: HandledCommand): Promise<CancelWatch> {
    const { cluster, log, observedQueues: queues } = this.#ports;
    const failed = ({ detail }: Failure): void => log(`a handler of ${observedCommand}: ${detail}`);
    const withinMs = clientLimits.observerMsMax;
    return CancelWatch.begin({ cluster, handled, queues, withinMs, failed });
  }
}
