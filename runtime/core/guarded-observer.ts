// An observer that cannot hurt who it observes: once it throws it is switched off for good, and that
// is told once. Actors go on as if nobody had ever looked.
//
// Hot: observation/observer-cost.
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { DeadLetter } from "./dead-letters.ts";
import type { HandlingEnd, ObservedActor, ObservedMessage, Observer } from "./observer.ts";

export class GuardedObserver implements Observer {
  readonly #failed: (failure: Failure) => void;
  #observer: Observer | undefined;
  #failure: Failure | undefined;

  constructor(observer: Observer, failed: (failure: Failure) => void) {
    this.#observer = observer;
    this.#failed = failed;
  }

  /** Why it was switched off; undefined as long as it works. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  handling(actor: ObservedActor, method: string, message: ObservedMessage): unknown {
    if (this.#observer === undefined) return undefined;
    try {
      return this.#observer.handling(actor, method, message);
    } catch (error) {
      this.#switchOff("handling", error);
      return undefined;
    }
  }

  handled(actor: ObservedActor, method: string, end: HandlingEnd, token: unknown): void {
    if (this.#observer === undefined) return;
    try {
      this.#observer.handled(actor, method, end, token);
    } catch (error) {
      this.#switchOff("handled", error);
    }
  }

  sending(
    sender: ObservedActor | undefined,
    method: string,
    current: unknown,
  ): TraceContext | undefined {
    if (this.#observer === undefined) return undefined;
    try {
      return this.#observer.sending(sender, method, current);
    } catch (error) {
      this.#switchOff("sending", error);
      return undefined;
    }
  }

  spawned(actor: ObservedActor): void {
    this.#tell("spawned", (observer) => observer.spawned(actor));
  }

  crashed(actor: ObservedActor, failure: Failure, during: string): void {
    this.#tell("crashed", (observer) => observer.crashed(actor, failure, during));
  }

  restarted(actor: ObservedActor): void {
    this.#tell("restarted", (observer) => observer.restarted(actor));
  }

  ended(actor: ObservedActor, exit: Exit): void {
    this.#tell("ended", (observer) => observer.ended(actor, exit));
  }

  dead(letter: DeadLetter): void {
    this.#tell("dead", (observer) => observer.dead(letter));
  }

  #tell(hook: keyof Observer, event: (observer: Observer) => void): void {
    if (this.#observer === undefined) return;
    try {
      event(this.#observer);
    } catch (error) {
      this.#switchOff(hook, error);
    }
  }

  #switchOff(hook: keyof Observer, error: unknown): void {
    this.#observer = undefined;
    const cause = Failure.of(error);
    const text = `the observer threw in ${hook} and is switched off: ${cause.detail}`;
    this.#failure = new Failure("internal", text, cause);
    this.#failed(this.#failure);
  }
}
