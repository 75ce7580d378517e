// Times the run of one request at a time: the first that an engine process has. One that takes too long is
// asked to end, which heeds who asks another machine or has many runs; a run itself does not.
import type { EngineMachine } from "./engine-machine.ts";
import type { EngineRequest } from "./engine-request.ts";

/** An answer that came while this thread was busy is read before the process is blamed. */
const readingMs = 50;
const askedToEndMs = 1_000;

export interface ClockEvents {
  /** It has taken longer than it may. */
  overdue(request: EngineRequest): void;
  /** It goes on although it was asked to end. */
  unheeded(request: EngineRequest): void;
}

export class RunClock {
  readonly #timeoutMs: number;
  readonly #events: ClockEvents;
  #timed: EngineRequest | undefined;
  readonly #machine: Pick<EngineMachine, "after">;
  #callOff: (() => void) | undefined;

  constructor(timeoutMs: number, events: ClockEvents, machine: Pick<EngineMachine, "after">) {
    this.#timeoutMs = timeoutMs;
    this.#events = events;
    this.#machine = machine;
  }

  /** The time of a request starts when it becomes the first. */
  follow(first: EngineRequest | undefined): void {
    if (first === this.#timed) return;
    this.stop();
    this.#timed = first;
    if (!first) return;
    this.#after(this.#timeoutMs, () =>
      this.#after(readingMs, () => {
        this.#events.overdue(first);
        this.#after(askedToEndMs, () => this.#events.unheeded(first));
      }),
    );
  }

  stop(): void {
    this.#callOff?.();
    this.#timed = undefined;
  }

  #after(ms: number, act: () => void): void {
    this.#callOff = this.#machine.after(ms, act);
  }
}
