// One incarnation's clock, timers and executor: on the run's agenda, on a clock of its own, and only as
// long as its process lives. A dead incarnation's timers and promises never settle.
import type { Buggify } from "#runtime/core/buggify.ts";
import type { Executor, Timers } from "#runtime/core/ports.ts";
import type { SharedTime } from "#runtime/testkit/node-time.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";

/** The life of a process: later while it is paused, never once it is gone. */
export interface Runner {
  run(act: () => void): void;
}

const wallStartMs = 1_700_000_000_000;
/** Milliseconds that a turn may come late where a simulation wants it. */
const lateTurnMs = { min: 0.1, max: 20 };

/** The time that all nodes share; each incarnation's timers ring in its process. */
export const sharedTimeOf = (agenda: Agenda, runner: () => Runner): SharedTime => ({
  now: () => agenda.nowMs,
  wall: () => wallStartMs + agenda.nowMs,
  createTimers: () => new ProcessTimers(agenda, runner),
});

class ProcessTimers implements Timers {
  readonly #agenda: Agenda;
  readonly #runner: () => Runner;
  #alarms = 0;

  constructor(agenda: Agenda, runner: () => Runner) {
    this.#agenda = agenda;
    this.#runner = runner;
  }

  set(dueMs: number, ring: () => void): void {
    const alarm = ++this.#alarms;
    this.#agenda.at(dueMs, () => {
      if (alarm !== this.#alarms) return;
      this.#runner().run(() => {
        if (alarm === this.#alarms) ring();
      });
    });
  }

  clear(): void {
    this.#alarms++;
  }
}

/** Every turn of an actor is an event of its own; which of those at one instant is next, is chance. */
export class ProcessExecutor implements Executor {
  readonly isOneByOne = true;
  readonly #agenda: Agenda;
  readonly #runner: () => Runner;
  readonly #chance: Chance;
  readonly #buggify: Buggify;

  constructor(parts: {
    readonly agenda: Agenda;
    readonly runner: () => Runner;
    readonly chance: Chance;
    readonly buggify: Buggify;
  }) {
    this.#agenda = parts.agenda;
    this.#runner = parts.runner;
    this.#chance = parts.chance;
    this.#buggify = parts.buggify;
  }

  soon(task: () => void): void {
    const isLate = this.#buggify("executor.late-turn", 0.02);
    const delayMs = isLate ? this.#chance.within(lateTurnMs) : 0;
    this.#agenda.after(delayMs, () => this.#runner().run(task));
  }

  later(task: () => void): void {
    this.#agenda.last(() => this.#runner().run(task));
  }
}
