// Coordinated shutdown: tasks in named phases, one phase after the other, all tasks of a phase at
// once, each phase with a time of its own. A task that fails or is late is told, and the rest goes on:
// a shutdown always ends. What a task does when its phase is over concerns nobody.
//
//   refuse-work ──► finish-work ──► stop-actors ──► leave-cluster ──► close-links
import { Failure } from "#protocols/failure.ts";
import type { Log } from "./ports.ts";
import type { TimerQueue } from "./timer-queue.ts";

export const shutdownPhases = [
  "refuse-work",
  "finish-work",
  "stop-actors",
  "leave-cluster",
  "close-links",
] as const;

export type ShutdownPhase = (typeof shutdownPhases)[number];

/** Milliseconds that a phase may take before the next one begins all the same. */
const phaseMsDefault: Readonly<Record<ShutdownPhase, number>> = {
  "refuse-work": 2_000,
  "finish-work": 30_000,
  "stop-actors": 15_000,
  "leave-cluster": 5_000,
  "close-links": 5_000,
};

/** Hears how many milliseconds the phase has. */
export type ShutdownTask = (msMax: number) => void | Promise<void>;

interface Task {
  readonly name: string;
  readonly run: ShutdownTask;
}

export interface ShutdownPorts {
  readonly timers: TimerQueue;
  readonly log: Log;
  now(): number;
}

export class Shutdown {
  readonly #ports: ShutdownPorts;
  readonly #tasks = new Map<ShutdownPhase, Task[]>();
  readonly #msMax: Record<ShutdownPhase, number> = { ...phaseMsDefault };
  #running: Promise<void> | undefined;

  constructor(ports: ShutdownPorts) {
    this.#ports = ports;
  }

  /**
   * Has something done in that phase. Fails with `unavailable` once the shutdown has begun, and with
   * `invalid` when there is no such phase.
   */
  add(phase: ShutdownPhase, name: string, run: ShutdownTask): void {
    checkPhase(phase);
    if (this.#running) {
      throw new Failure("unavailable", `the shutdown has begun; ${name} comes too late`);
    }
    const tasks = this.#tasks.get(phase) ?? [];
    tasks.push({ name, run });
    this.#tasks.set(phase, tasks);
  }

  /**
   * Runs all phases once; whoever calls again waits for the same end. Fails with `invalid`, and does
   * nothing, when a phase is to take a time that is no number of milliseconds.
   */
  async run(msMax: Partial<Readonly<Record<ShutdownPhase, number>>> = {}): Promise<void> {
    for (const [phase, ms] of Object.entries(msMax)) {
      checkPhase(phase);
      checkTime(phase, ms);
    }
    if (!this.#running) Object.assign(this.#msMax, msMax);
    // It is known to have begun before the first task runs: that one may ask for it again.
    this.#running ??= Promise.resolve().then(() => this.#runAll());
    await this.#running;
  }

  async #runAll(): Promise<void> {
    for (const phase of shutdownPhases) await this.#runPhase(phase);
  }

  async #runPhase(phase: ShutdownPhase): Promise<void> {
    const waiting = new Set<string>();
    const tasks = (this.#tasks.get(phase) ?? []).map(async ({ name, run }) => {
      waiting.add(name);
      try {
        await run(this.#msMax[phase]);
      } catch (error) {
        const { code, detail } = Failure.of(error);
        this.#log(`${name} failed in the phase ${phase}: ${detail}`, code);
      }
      waiting.delete(name);
    });
    if (tasks.length === 0) return;
    const { timers } = this.#ports;
    const msMax = this.#msMax[phase];
    await new Promise<void>((resolve) => {
      const timer = timers.set(this.#ports.now() + msMax, () => {
        const late = [...waiting].join(", ");
        this.#log(
          `the phase ${phase} did not end in ${msMax} ms; still at work: ${late}`,
          "timeout",
        );
        resolve();
      });
      Promise.all(tasks).then(() => {
        timers.cancel(timer);
        resolve();
      });
    });
  }

  #log(message: string, code: string): void {
    this.#ports.log.write("error", "/", message, { code });
  }
}

function checkPhase(phase: string): void {
  if (Object.hasOwn(phaseMsDefault, phase)) return;
  const text = `there is no phase "${phase}", only: ${shutdownPhases.join(", ")}`;
  throw new Failure("invalid", text);
}

function checkTime(phase: string, ms: number): void {
  if (ms >= 0 && ms < Number.POSITIVE_INFINITY) return;
  throw new Failure("invalid", `the phase ${phase} is to take ${ms} ms; give a number from 0`);
}
