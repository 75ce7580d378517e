// Where undeliverable messages end, with the reason: all are counted, the last ones are kept.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { BoundCounts } from "./bounds.ts";

export interface DeadLetter {
  readonly reason: FailureCode;
  /** The address as text. */
  readonly to: string;
  readonly method: string;
  /** Who sent it; undefined when that was no actor, or is not known. */
  readonly from?: AnyRef | undefined;
}

export class DeadLetters {
  readonly #kept: DeadLetter[] = [];
  readonly #counts = new Map<FailureCode, number>();
  readonly #bounds: BoundCounts;
  readonly #heard: (letter: DeadLetter) => void;

  constructor(heard: (letter: DeadLetter) => void, bounds: BoundCounts) {
    this.#heard = heard;
    this.#bounds = bounds;
  }

  add(letter: DeadLetter): void {
    this.#counts.set(letter.reason, (this.#counts.get(letter.reason) ?? 0) + 1);
    this.#kept.push(letter);
    if (this.#kept.length > limits.deadLettersKeptMax) {
      this.#bounds.reached("deadLettersKeptMax");
      this.#kept.shift();
    }
    this.#heard(letter);
  }

  get counts(): ReadonlyMap<FailureCode, number> {
    return this.#counts;
  }

  /** Oldest first. */
  get last(): readonly DeadLetter[] {
    return this.#kept;
  }
}
