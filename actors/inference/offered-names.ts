// Which of the names that its models answer to a worker offers to the queue: an offer has its bounds. Names
// of models go before those of their versions (`eraser@2`), so that what does not fit in is still served
// under the model's own name. What is left out is counted and told.
import type { FigureSource } from "#runtime/observation/shown-figures.ts";

/** As an offer to the queue has them. Full: the last names are left out. */
export const offeredNamesMax = 256;
const nameLengthMax = 64;

export class OfferedNames {
  #known = 0;
  #offered: readonly string[] = [];
  #leftOut: readonly string[] = [];
  #reached = 0;

  get offered(): readonly string[] {
    return this.#offered;
  }

  /** In the order of their models. Those that are left out now and were not before. */
  serve(names: readonly string[]): readonly string[] {
    const isWhole = (name: string): boolean => !name.includes("@");
    const inOrder = [...names.filter(isWhole), ...names.filter((name) => !isWhole(name))];
    const offered = inOrder.filter(({ length }) => length <= nameLengthMax);
    this.#offered = offered.slice(0, offeredNamesMax);
    const before = new Set(this.#leftOut);
    const kept = new Set(this.#offered);
    this.#leftOut = names.filter((name) => !kept.has(name));
    this.#known = names.length;
    const fresh = this.#leftOut.filter((name) => !before.has(name));
    this.#reached += fresh.length;
    return fresh;
  }

  get bounds(): FigureSource["bounds"] {
    const bound = { bound: "offeredNamesMax", max: offeredNamesMax, highest: this.#known };
    return [{ ...bound, reached: this.#reached }];
  }
}
