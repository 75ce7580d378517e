// One message at a time: runs a handler, waits for it if it is async, answers its ask, and keeps
// what belongs to the message in progress (deadline, abort signal).
import type { Failure } from "#protocols/failure.ts";
import { crashOf, isThenable } from "./hooks.ts";
import type { Message } from "./mailbox.ts";
import { Refusal, type Reply } from "./reply.ts";

export interface HandlingPorts {
  /** The handler threw. */
  crashed(failure: Failure, method: string): void;
  /** A tell was refused with `throw reply(…)`: nobody hears it but the log. */
  refused(failure: Failure, method: string): void;
  /** An async handler has ended; the next message may go. */
  idle(): void;
}

const isDeferred = (value: unknown): value is { readonly $deferred: Promise<unknown> } =>
  typeof value === "object" && value !== null && "$deferred" in value;

export class Handling {
  readonly #ports: HandlingPorts;
  #reply: Reply | undefined;
  #controller: AbortController | undefined;
  #isBusy = false;
  /** Grows when a handler is left behind, so that its late end is not taken for a later one's. */
  #epoch = 0;

  constructor(ports: HandlingPorts) {
    this.#ports = ports;
  }

  /** An async handler is in progress. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  get deadlineMs(): number {
    return this.#reply?.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  /** Aborted when the asker gives up or the actor stops; made when first looked at. */
  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    const reply = this.#reply;
    if (reply) {
      reply.onGivenUp = () => controller.abort();
      if (!reply.isOpen) controller.abort();
    }
    return controller.signal;
  }

  /** The actor is stopping: whoever listens to the signal should end. */
  abort(): void {
    this.#controller?.abort();
  }

  /** Stops waiting for a handler that does not end. */
  abandon(): void {
    this.#isBusy = false;
    this.#epoch += 1;
    this.#over();
  }

  run(method: string, reply: Message["reply"], handler: () => unknown): void {
    this.#reply = reply;
    let result: unknown;
    try {
      result = handler();
    } catch (error) {
      this.#threw(error, method, reply);
      return;
    }
    if (!isThenable(result)) {
      this.#answer(result, reply);
      return;
    }
    this.#isBusy = true;
    const epoch = this.#epoch;
    const settled = (settle: () => void): void => {
      if (epoch !== this.#epoch) return;
      this.#isBusy = false;
      settle();
      this.#ports.idle();
    };
    result.then(
      (value) => settled(() => this.#answer(value, reply)),
      (error: unknown) => settled(() => this.#threw(error, method, reply)),
    );
  }

  #answer(result: unknown, reply: Reply | undefined): void {
    this.#over();
    if (!isDeferred(result)) {
      reply?.succeed(result);
      return;
    }
    result.$deferred.then(
      (value) => reply?.succeed(value),
      (error: unknown) => {
        reply?.refuse(
          error instanceof Refusal ? error.failure : crashOf(error, "a deferred reply"),
        );
      },
    );
  }

  #threw(error: unknown, method: string, reply: Reply | undefined): void {
    this.#over();
    if (error instanceof Refusal) {
      if (reply) reply.refuse(error.failure);
      else this.#ports.refused(error.failure, method);
      return;
    }
    const failure = crashOf(error, method);
    reply?.refuse(failure);
    this.#ports.crashed(failure, method);
  }

  // A deferred reply keeps its own hold on the controller.
  #over(): void {
    this.#reply = undefined;
    this.#controller = undefined;
  }
}
