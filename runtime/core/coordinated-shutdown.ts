// Coordinated shutdown: tasks in named phases, one phase after the other, all tasks of a phase at
// once, each phase with a time of its own. A task that fails or is late is told, and the rest goes on:
// a shutdown always ends.
//
//   refuse-work ──► finish-work ──► leave-cluster ──► stop-actors ──► close-links
import { Failure } from "#protocols/failure.ts";
import type { Log } from "./ports.ts";
import type { TimerQueue } from "./timer-queue.ts";

export const shutdownPhases = [
  "refuse-work",
  "finish-work",
  "leave-cluster",
  "stop-actors",
  "close-links",
] as const;

export type ShutdownPhase = (typeof shutdownPhases)[number];

/** Milliseconds that a phase may take before the next one begins all the same. */
export const phaseMsDefault: Readonly<Record<ShutdownPhase, number>> = {
  "refuse-work": 2_000,
  "finish-work": 30_000,
  "leave-cluster": 5_000,
  "stop-actors": 15_000,
  "close-links": 5_000,
};

interface Task {
  readonly name: string;
  readonly run: () => void | Promise<void>;
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

  /** Has something done in that phase. Fails with `unavailable` once the shutdown has begun. */
  add(phase: ShutdownPhase, name: string, run: () => void | Promise<void>): void {
    if (this.#running) {
      throw new Failure("unavailable", `the shutdown has begun; ${name} comes too late`);
    }
    const tasks = this.#tasks.get(phase) ?? [];
    tasks.push({ name, run });
    this.#tasks.set(phase, tasks);
  }

  /** Runs all phases once; whoever calls again waits for the same end. */
  run(msMax: Partial<Readonly<Record<ShutdownPhase, number>>> = {}): Promise<void> {
    Object.assign(this.#msMax, msMax);
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (const phase of shutdownPhases) await this.#runPhase(phase);
  }

  async #runPhase(phase: ShutdownPhase): Promise<void> {
    const waiting = new Set<string>();
    const tasks = (this.#tasks.get(phase) ?? []).map(async ({ name, run }) => {
      waiting.add(name);
      try {
        await run();
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
