// The slowest handlings so far: who kept others waiting, and when. Bounded: the slowest `countMax` are
// kept; a slower one takes the place of the least slow.
//
// Hot: observation/observer-cost. A handling that is not among the slowest costs one comparison and,
// where the clock counts fractions of a millisecond, one boxed number.
import { Failure } from "#protocols/failure.ts";
import type { HandlingEnd, ObservedActor } from "#runtime/core/observer.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { ObserverPart } from "./observers.ts";
import { wholeNumber } from "./whole-number.ts";

export interface SlowHandling {
  readonly path: string;
  readonly protocol: string;
  readonly method: string;
  /** From the beginning to the end, with all that it awaited. */
  readonly ms: number;
  readonly end: HandlingEnd;
  /** When it ended, in milliseconds since 1970. */
  readonly wallMs: number;
}

export interface SlowHandlersOptions {
  /** A `MessageClock` shares its look with other observers. */
  readonly clock: Clock;
  /** Default: 20. */
  readonly countMax?: number;
  /** Milliseconds below which nothing is slow. Default: 1. */
  readonly msMin?: number;
}

const countMaxMax = 1_000;

export class SlowHandlers implements ObserverPart {
  readonly #clock: Clock;
  readonly #countMax: number;
  readonly #msMin: number;
  /** Slowest first. */
  readonly #slowest: SlowHandling[] = [];
  /** Milliseconds from which a handling is kept. */
  #msToBeat: number;

  constructor({ clock, countMax = 20, msMin = 1 }: SlowHandlersOptions) {
    if (!(msMin >= 0)) throw new Failure("invalid", `msMin is ${msMin}; give a number from 0`);
    this.#clock = clock;
    this.#countMax = wholeNumber("countMax", countMax, { most: countMaxMax });
    this.#msMin = msMin;
    this.#msToBeat = msMin;
  }

  /** Slowest first; of equally slow ones the earlier first. */
  get slowest(): readonly SlowHandling[] {
    return this.#slowest;
  }

  /** Forgets what was seen so far, for example at each scrape. */
  clear(): void {
    this.#slowest.length = 0;
    this.#msToBeat = this.#msMin;
  }

  handling(): number {
    return this.#clock.now();
  }

  handled(actor: ObservedActor, method: string, end: HandlingEnd, token: unknown): void {
    if (typeof token !== "number" || end === "put-aside") return;
    const ms = this.#clock.now() - token;
    if (ms >= this.#msToBeat) this.#keep(actor, method, end, ms);
  }

  #keep(actor: ObservedActor, method: string, end: HandlingEnd, ms: number): void {
    const slower = this.#slowest.findIndex((other) => other.ms < ms);
    const at = slower < 0 ? this.#slowest.length : slower;
    if (at >= this.#countMax) return;
    const { path, protocol } = actor;
    const wallMs = this.#clock.wall();
    this.#slowest.splice(at, 0, { path, protocol: protocol.id, method, ms, end, wallMs });
    if (this.#slowest.length > this.#countMax) this.#slowest.pop();
    const last = this.#slowest[this.#countMax - 1];
    if (last) this.#msToBeat = last.ms;
  }
}
