// Answers product code that asks whether to make a rare choice (see `runtime/core/buggify.ts`): in
// each run each label is on or off, by the seed, so that runs differ in kind and not only in degree.
import type { Buggify } from "#runtime/core/buggify.ts";
import type { Chance } from "./chance.ts";

/** Part of all runs in which one label is on. */
const onRate = 0.25;
/** Part of the questions that are answered with yes where the code names no rate. */
const rateDefault = 0.25;

/** `swarm`: by the seed; otherwise these labels alone. */
export type BuggifyChoice = "swarm" | readonly string[];

export class BuggifySwarm {
  readonly #chance: Chance;
  readonly #choice: BuggifyChoice;
  /** By label: where its answers come from; undefined when it is off. */
  readonly #labels = new Map<string, Chance | undefined>();
  readonly #hits = new Map<string, number>();
  #isOver = false;

  constructor(chance: Chance, choice: BuggifyChoice) {
    this.#chance = chance;
    this.#choice = choice;
  }

  /** By label: how often the rare choice was made. */
  get hits(): ReadonlyMap<string, number> {
    return this.#hits;
  }

  readonly ask: Buggify = (label, rate = rateDefault) => {
    if (this.#isOver) return false;
    if (!this.#labels.has(label)) this.#labels.set(label, this.#branchOf(label));
    if (!this.#labels.get(label)?.happens(rate)) return false;
    this.#hits.set(label, (this.#hits.get(label) ?? 0) + 1);
    return true;
  };

  /** From now on no rare choice is made: a few in a row may take longer than a world needs to rest. */
  end(): void {
    this.#isOver = true;
  }

  #branchOf(label: string): Chance | undefined {
    const branch = this.#chance.branch(label);
    const isDrawn = branch.happens(onRate);
    const isOn = this.#choice === "swarm" ? isDrawn : this.#choice.includes(label);
    return isOn ? branch : undefined;
  }
}
