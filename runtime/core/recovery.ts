// One restart under way: its children end, the youngest first; after the delay they begin again, each
// once the one before it runs. A wider restart may take its place at any time.
//
//   ending ──► waiting ──► beginning ──► over
//      └──────────┴────────────┴──cancel───┘
import type { Failure } from "#protocols/failure.ts";
import type { Child } from "./child.ts";
import { exitOf, inSequence } from "./hooks.ts";

export interface RecoveryPorts<C extends Child> {
  after(ms: number, ring: () => void): () => void;
  /** The child runs, or has ended. */
  finished(child: C): void;
  /** All of them have finished. */
  over(): void;
}

const nothing = (): void => {};

export class Recovery<C extends Child> {
  readonly #children: readonly C[];
  readonly #unfinished: Set<C>;
  readonly #ports: RecoveryPorts<C>;
  #phase: "ending" | "waiting" | "beginning" | "over" = "ending";
  #cancelDelay = nothing;

  /** `children` stand in start order. */
  constructor(children: readonly C[], ports: RecoveryPorts<C>) {
    this.#children = children;
    this.#unfinished = new Set(children);
    this.#ports = ports;
  }

  /** Its children are being ended: what fails meanwhile is ended anyway. */
  get isEnding(): boolean {
    return this.#phase === "ending";
  }

  /** Who does not run again yet. */
  get unfinished(): Iterable<C> {
    return this.#unfinished;
  }

  /** `failure` is what their instances end with; without one they were stopped. */
  run(failure: Failure | undefined, delayMs: number): void {
    const exit = exitOf(failure);
    inSequence(
      this.#children.toReversed(),
      (child, next) => {
        if (this.#phase !== "ending") return;
        if (child.restartKind === "temporary") child.life.end(failure, next);
        else child.life.suspend(exit, next);
      },
      () => this.#wait(delayMs),
    );
  }

  cancel(): void {
    this.#phase = "over";
    this.#cancelDelay();
  }

  /** A child has ended for good. */
  forget(child: C): void {
    this.#unfinished.delete(child);
    if (this.#unfinished.size === 0 && this.#phase !== "beginning") this.cancel();
  }

  #wait(delayMs: number): void {
    if (this.#phase !== "ending") return;
    if (delayMs <= 0) {
      this.#begin();
      return;
    }
    this.#phase = "waiting";
    this.#cancelDelay = this.#ports.after(delayMs, () => this.#begin());
  }

  #begin(): void {
    this.#phase = "beginning";
    inSequence(
      this.#children,
      (child, next) => {
        if (this.#phase === "beginning") child.life.rebirth(() => this.#finished(child, next));
      },
      () => {
        if (this.#phase !== "beginning") return;
        this.#phase = "over";
        this.#ports.over();
      },
    );
  }

  #finished(child: C, next: () => void): void {
    if (this.#phase !== "beginning") return;
    this.#unfinished.delete(child);
    this.#ports.finished(child);
    next();
  }
}
