// One thing that is read as a whole and kept for a moment: whoever asks meanwhile shares one question.
import { Failure } from "#protocols/failure.ts";
import type { Reading } from "#protocols/tasks/state-readings.ts";

export interface HeldPorts<T> {
  readonly read: () => Promise<T>;
  /** Milliseconds since 1970 UTC. */
  readonly wall: () => number;
  readonly count: (what: "hit" | "miss" | "stale") => void;
}

interface Held<T> {
  readonly value: T;
  readonly readAt: number;
}

/** A question on its way. What it answers may be as old as it is. */
interface Asked<T> {
  readonly changes: number;
  readonly askedAt: number;
  readonly answer: Promise<Held<T>>;
}

export class HeldReading<T> {
  readonly #ports: HeldPorts<T>;
  #held: Held<T> | undefined;
  /** Counts what made the answers that are on their way too old. */
  #changes = 0;
  #reading: Asked<T> | undefined;
  #isChanged = false;

  constructor(ports: HeldPorts<T>) {
    this.#ports = ports;
  }

  /** It is not so any more: the next one who asks has it read, who cannot be answered hears the last. */
  changed(): void {
    this.#changes += 1;
    this.#isChanged = true;
  }

  clear(): number {
    const had = this.#held === undefined ? 0 : 1;
    this.changed();
    this.#held = undefined;
    return had;
  }

  async get(maxAgeMs: number): Promise<Reading<T>> {
    const { count, wall } = this.#ports;
    const held = this.#held;
    if (held && !this.#isChanged && maxAgeMs > 0 && wall() - held.readAt <= maxAgeMs) {
      count("hit");
      return readingOf(held, { source: "cache", isStale: false });
    }
    try {
      const fresh = await this.#fresh(maxAgeMs);
      count("miss");
      return readingOf(fresh, { source: "store", isStale: false });
    } catch (error) {
      const { code } = Failure.of(error);
      if (held === undefined || maxAgeMs === 0 || !isAway(code)) throw error;
      count("stale");
      return readingOf(held, { source: "cache", isStale: true });
    }
  }

  #fresh(maxAgeMs: number): Promise<Held<T>> {
    const shared = this.#reading;
    const changes = this.#changes;
    const askedAt = this.#ports.wall();
    const isYoung = shared !== undefined && maxAgeMs > 0 && askedAt - shared.askedAt <= maxAgeMs;
    if (isYoung && shared.changes === changes) {
      // Who asked first may have had less time than this one.
      return shared.answer.catch(() => this.#read(changes));
    }
    const answer = this.#read(changes);
    const reading = { changes, askedAt, answer };
    this.#reading = reading;
    const done = (): void => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    answer.then(done, done);
    return answer;
  }

  async #read(changes: number): Promise<Held<T>> {
    const readAt = this.#ports.wall();
    const held = { value: await this.#ports.read(), readAt };
    if (this.#held === undefined || this.#held.readAt <= readAt) this.#held = held;
    if (changes === this.#changes) this.#isChanged = false;
    return held;
  }
}

const readingOf = <T>(
  { value, readAt }: Held<T>,
  from: Pick<Reading<T>, "source" | "isStale">,
): Reading<T> => ({ value, version: null, asOf: readAt, ...from });

/** Failures that say that the store could not be asked, rather than that it refused. */
export const isAway = (code: string): boolean =>
  [
    "unavailable",
    "timeout",
    "actor_stopped",
    "actor_crashed",
    "node_down",
    "store_failed",
  ].includes(code);
