// Those who wait until what they ordered of a model is done, or until all models are at rest.
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack } from "#protocols/protocol.ts";
import type { ModelShelves } from "./model-shelves.ts";
import { isAtRest } from "./version-plan.ts";

interface Waiter {
  /** Null: all models, in whatever state they come to rest. */
  readonly name: string | null;
  resolve(): void;
  reject(why: Failure): void;
}

/** Full: the next one fails with `unavailable`. */
const waitersMax = 1_000;

export class OrderWaiters {
  #waiting: readonly Waiter[] = [];

  /** Fails with `not_found`, or `model_failed` when a model is to be loaded and is not. */
  rest(name: string | null): Promise<Ack> {
    if (this.#waiting.length >= waitersMax) {
      const text = `${waitersMax} orders to models are under way: come again when they are done`;
      return Promise.reject(new Failure("unavailable", text));
    }
    return new Promise((resolve, reject) => {
      const waiter = { name, resolve: () => resolve(ack), reject };
      this.#waiting = [...this.#waiting, waiter];
    });
  }

  /** Nobody carries out what is ordered of that node any more: all fail with `unavailable`. */
  end(node: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { name, reject } of waiting) {
      const what =
        name === null ? "its models were loaded" : `what was ordered of ${name} was done`;
      const text = `the model repository of ${node} has ended before ${what}: order it again`;
      reject(new Failure("unavailable", text));
    }
  }

  settle(shelves: ModelShelves): void {
    const due = this.#waiting.filter(({ name }) => isDone(shelves, name));
    this.#waiting = this.#waiting.filter((waiter) => !due.includes(waiter));
    for (const { name, resolve, reject } of due) {
      const why = name === null ? undefined : defectOf(shelves, name);
      if (why) reject(why);
      else resolve();
    }
  }
}

const isDone = (shelves: ModelShelves, name: string | null): boolean =>
  shelves.all
    .filter((shelf) => name === null || shelf.name === name)
    .every(({ situation }) => isAtRest(situation));

function defectOf(shelves: ModelShelves, name: string): Failure | undefined {
  const shelf = shelves.all.find((one) => one.name === name);
  if (!shelf) return new Failure("not_found", `there is no model ${name} in the repository`);
  if (!shelf.isLoaded) return undefined;
  const { defects } = shelf;
  if (defects.length === 0) return undefined;
  return new Failure(
    "model_failed",
    `model ${name} is not loaded as ordered: ${defects.join("; ")}`,
  );
}
