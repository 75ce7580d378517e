// What this process uses: its share of the processors since the last look, and its memory.
import type { Clock } from "#runtime/core/ports.ts";

export interface ProcessLoadReading {
  /** 0 to 1 of all processors that the process may use, since the last reading. */
  readonly cpuUsage: number;
  /** Resident bytes. */
  readonly memoryBytes: number;
}

// The kernel counts processor time in steps; a shorter look would show noise.
const windowMsMin = 20;

export class ProcessLoad {
  readonly #clock: Clock;
  readonly #cores: number;
  #since: number;
  #usage: NodeJS.CpuUsage;
  #cpuUsage = 0;

  constructor(clock: Clock, cores: number) {
    this.#clock = clock;
    this.#cores = Math.max(1, cores);
    this.#since = clock.now();
    this.#usage = process.cpuUsage();
  }

  /** Two readings within 20 ms give the same processor share. */
  read(): ProcessLoadReading {
    const now = this.#clock.now();
    if (now - this.#since >= windowMsMin) {
      const spent = process.cpuUsage(this.#usage);
      const spentMs = (spent.user + spent.system) / 1000;
      this.#cpuUsage = Math.min(1, spentMs / ((now - this.#since) * this.#cores));
      this.#since = now;
      this.#usage = process.cpuUsage();
    }
    return { cpuUsage: this.#cpuUsage, memoryBytes: process.memoryUsage.rss() };
  }
}
