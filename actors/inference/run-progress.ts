// How far a task is, as its engine tells it, told on to the store: not of one that is done within a quarter of a
// second, for which nobody looks, and which would cost a message more. What comes after that is told as
// it comes; the worker and the store let pass what they are for.
import type { RunStage } from "./engine-messages.ts";

const quietMs = 250;

export interface ProgressSteps {
  tell(stage: RunStage): void;
  /** Rejects when the task ends before. */
  rest(ms: number): Promise<void>;
}

export class RunProgress {
  readonly #steps: ProgressSteps;
  #phase: "new" | "quiet" | "told" = "new";
  #latest: RunStage | undefined;

  constructor(steps: ProgressSteps) {
    this.#steps = steps;
  }

  told(stage: RunStage): void {
    this.#latest = stage;
    if (this.#phase === "told") this.#steps.tell(stage);
    if (this.#phase !== "new") return;
    this.#phase = "quiet";
    this.#steps.rest(quietMs).then(
      () => this.#open(),
      // It has ended, which is told otherwise.
      () => undefined,
    );
  }

  #open(): void {
    this.#phase = "told";
    if (this.#latest) this.#steps.tell(this.#latest);
  }
}
