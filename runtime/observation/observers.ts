// Several observers as one. For each hook only those are called that have it; an observer that throws
// is switched off and its failure kept, so that watching never costs a message.
//
//   core ──handling──► group ──┬─► metrics   ── token 0 ─┐
//                              ├─► tracing   ── token 1 ─┼─► one array, which comes back to `handled`
//                              └─► recorder  ── token 2 ─┘   and `sending`
//
// The array is made only when two or more observers have `handling`. It is not used again: a handler
// that was left behind may still send with it.
//
// Hot: observation/observer-cost.
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { DeadLetter } from "#runtime/core/dead-letters.ts";
import type {
  HandlingEnd,
  ObservedActor,
  ObservedMessage,
  Observer,
} from "#runtime/core/observer.ts";

/** What one observer wants to hear; hooks that it lacks cost nothing. */
export interface ObserverPart extends Partial<Observer> {
  /** Called before each event except `sending`, for all observers of the group that need it. */
  before?(): void;
}

export interface ObserverFailure {
  readonly part: ObserverPart;
  readonly hook: keyof ObserverPart;
  readonly failure: Failure;
}

/**
 * One observer for `SystemOptions.observer` out of several. They are called in the order given, also
 * for `sending`, where the first trace context found is taken.
 */
export const observeWith = (...parts: readonly ObserverPart[]): ObserverGroup =>
  new ObserverGroup(parts);

/** An observer's place in the group; an empty part sits there once it is switched off. */
interface Seat {
  part: ObserverPart;
  /** Index of its token, if it gives any. */
  readonly token: number;
}

export class ObserverGroup implements Observer {
  readonly #seats: readonly Seat[];
  readonly #before: readonly Seat[];
  readonly #handling: readonly Seat[];
  readonly #handled: readonly Seat[];
  readonly #sending: readonly Seat[];
  readonly #failures: ObserverFailure[] = [];
  /** Called when an observer threw and is switched off. */
  onFailure: ((failed: ObserverFailure) => void) | undefined;

  constructor(parts: readonly ObserverPart[]) {
    const makers = parts.filter((part) => part.handling !== undefined);
    this.#seats = parts.map((part) => ({ part, token: makers.indexOf(part) }));
    this.#before = this.#seats.filter(({ part }) => part.before !== undefined);
    this.#handling = this.#seats.filter(({ part }) => part.handling !== undefined);
    this.#handled = this.#seats.filter(({ part }) => part.handled !== undefined);
    this.#sending = this.#seats.filter(({ part }) => part.sending !== undefined);
  }

  /** Observers that threw and are switched off; at most as many as there were. */
  get failures(): readonly ObserverFailure[] {
    return this.#failures;
  }

  handling(actor: ObservedActor, method: string, message: ObservedMessage): unknown {
    this.#beforeAll();
    const seats = this.#handling;
    const [first] = seats;
    if (first === undefined) return undefined;
    if (seats.length === 1) return this.#tokenFrom(first, actor, method, message);
    const tokens: unknown[] = [];
    for (let index = 0; index < seats.length; index += 1) {
      const seat = seats[index];
      tokens.push(seat && this.#tokenFrom(seat, actor, method, message));
    }
    return tokens;
  }

  handled(actor: ObservedActor, method: string, end: HandlingEnd, token: unknown): void {
    this.#beforeAll();
    const seats = this.#handled;
    for (let index = 0; index < seats.length; index += 1) {
      const seat = seats[index];
      if (seat === undefined) continue;
      try {
        seat.part.handled?.(actor, method, end, this.#tokenOf(seat, token));
      } catch (error) {
        this.#switchOff(seat, "handled", error);
      }
    }
  }

  sending(
    sender: ObservedActor | undefined,
    method: string,
    current: unknown,
  ): TraceContext | undefined {
    for (const seat of this.#sending) {
      try {
        const trace = seat.part.sending?.(sender, method, this.#tokenOf(seat, current));
        if (trace !== undefined) return trace;
      } catch (error) {
        this.#switchOff(seat, "sending", error);
      }
    }
    return undefined;
  }

  spawned(actor: ObservedActor): void {
    this.#each("spawned", (part) => part.spawned?.(actor));
  }

  crashed(actor: ObservedActor, failure: Failure, during: string): void {
    this.#each("crashed", (part) => part.crashed?.(actor, failure, during));
  }

  restarted(actor: ObservedActor): void {
    this.#each("restarted", (part) => part.restarted?.(actor));
  }

  ended(actor: ObservedActor, exit: Exit): void {
    this.#each("ended", (part) => part.ended?.(actor, exit));
  }

  dead(letter: DeadLetter): void {
    this.#each("dead", (part) => part.dead?.(letter));
  }

  #tokenFrom(seat: Seat, actor: ObservedActor, method: string, message: ObservedMessage): unknown {
    try {
      return seat.part.handling?.(actor, method, message);
    } catch (error) {
      this.#switchOff(seat, "handling", error);
      return undefined;
    }
  }

  #tokenOf({ token }: Seat, tokens: unknown): unknown {
    if (token < 0) return undefined;
    if (this.#handling.length === 1) return tokens;
    return Array.isArray(tokens) ? tokens[token] : undefined;
  }

  #beforeAll(): void {
    for (let index = 0; index < this.#before.length; index += 1) {
      const seat = this.#before[index];
      if (seat === undefined) continue;
      try {
        seat.part.before?.();
      } catch (error) {
        this.#switchOff(seat, "before", error);
      }
    }
  }

  #each(hook: keyof Observer, call: (part: ObserverPart) => void): void {
    this.#beforeAll();
    for (const seat of this.#seats) {
      try {
        call(seat.part);
      } catch (error) {
        this.#switchOff(seat, hook, error);
      }
    }
  }

  #switchOff(seat: Seat, hook: keyof ObserverPart, error: unknown): void {
    const failed = { part: seat.part, hook, failure: Failure.of(error) };
    seat.part = {};
    this.#failures.push(failed);
    try {
      this.onFailure?.(failed);
    } catch {
      // Whoever wants to hear of failures cannot cost a message either; `failures` has it.
    }
  }
}
