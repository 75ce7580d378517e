// Runs what is ready in an order drawn from a seed, so that a test sees orders that a machine at rest
// never shows. Every choice is written down: the same seed, or the written choices, give the same run.
//
//   soon ──► ready ◄── joins when `ready` is empty, or after a pass ── later
//              │ step: one of them, by choice
//
// Tasks handed to `soon` go before those handed to `later`, as on a real machine; among themselves
// they have no order. The executor never runs anything by itself: whoever drives it calls `step`.
import { Failure } from "#protocols/failure.ts";
import type { Executor } from "#runtime/core/ports.ts";
import { randomIndex } from "#runtime/core/random.ts";
import { randomOf } from "./random-of.ts";

/** Where choices come from: drawn from a seed, or read from the record of an earlier run. */
export type ChoiceSource =
  | { readonly seed: number }
  /**
   * Where the record ends, the oldest task is next. `seed` is that of the recorded run, for what it
   * drew beside its order, such as `ctx.random`.
   */
  | { readonly choices: readonly number[]; readonly seed?: number };

/** After so many tasks in a row the tasks handed to `later` have their turn, whoever else is ready. */
const passTasksMax = 64;

/** So many choices are written down; a run with more can be repeated by its seed alone. */
export const choicesKeptMax = 1_000_000;

type Draw = (count: number) => number;

export class SeededExecutor implements Executor {
  /** Each actor's turn is a task of its own, of one message. */
  readonly isOneByOne = true;
  /** Called when something becomes ready where nothing was. */
  onReady: (() => void) | undefined;
  readonly #draw: Draw;
  readonly #ready: (() => void)[] = [];
  #later: (() => void)[] = [];
  readonly #choices: number[] = [];
  #choiceCount = 0;
  #steps = 0;
  #passSteps = 0;

  /** Fails with `invalid` for a seed that is no integer, or a choice that is no index. */
  constructor(source: ChoiceSource) {
    this.#draw = "choices" in source ? replayed(source.choices) : drawn(source.seed);
  }

  /** Tasks that could run now. */
  get readyCount(): number {
    return this.#ready.length + this.#later.length;
  }

  /** Tasks that have run. */
  get steps(): number {
    return this.#steps;
  }

  /** What was chosen so far, where there was a choice; at most `choicesKeptMax`. */
  get choices(): readonly number[] {
    return this.#choices;
  }

  /** Choices made, those that were not kept included. */
  get choiceCount(): number {
    return this.#choiceCount;
  }

  soon(task: () => void): void {
    const wasIdle = this.readyCount === 0;
    this.#ready.push(task);
    if (wasIdle) this.onReady?.();
  }

  later(task: () => void): void {
    const wasIdle = this.readyCount === 0;
    this.#later.push(task);
    if (wasIdle) this.onReady?.();
  }

  /**
   * Runs one of the ready tasks; false when there is none. Microtasks are the caller's to drain
   * before the next step. What a task throws is thrown, and the task counts as run.
   */
  step(): boolean {
    if (this.#ready.length === 0 || this.#passSteps >= passTasksMax) this.#beginPass();
    if (this.#ready.length === 0) return false;
    const index = this.choose(this.#ready.length);
    const task = index === 0 ? this.#ready.shift() : this.#ready.splice(index, 1)[0];
    this.#steps += 1;
    this.#passSteps += 1;
    task?.();
    return true;
  }

  /**
   * One of `count` possibilities, from 0, written down with the others: for whoever else has a
   * choice to make, for example among alarms at the same time. Possibility 0 is the oldest.
   */
  choose(count: number): number {
    if (count < 2) return 0;
    const index = this.#draw(count);
    this.#choiceCount += 1;
    if (this.#choices.length < choicesKeptMax) this.#choices.push(index);
    return index;
  }

  #beginPass(): void {
    this.#passSteps = 0;
    if (this.#later.length === 0) return;
    for (const task of this.#later) this.#ready.push(task);
    this.#later = [];
  }
}

function drawn(seed: number): Draw {
  const random = randomOf(seed, "executor");
  return (count) => randomIndex(random, count);
}

function replayed(choices: readonly number[]): Draw {
  const wrong = choices.find((choice) => !Number.isInteger(choice) || choice < 0);
  if (wrong !== undefined) throw new Failure("invalid", `choices are indices from 0, not ${wrong}`);
  let position = 0;
  return (count) => {
    const choice = choices[position] ?? 0;
    position += 1;
    if (choice < count) return choice;
    throw new Failure(
      "invalid",
      `choice ${position} of the record is task ${choice}, but only ${count} are ready: ` +
        "replay it with the code and the inputs that it was recorded with",
    );
  };
}
