// Dead letters in the log: the first ones of each second one by one, of the others only how many they
// were, so that a flood of them does not become a flood of lines.
import { limits } from "#protocols/limits.ts";
import type { BoundCounts } from "./bounds.ts";
import type { DeadLetter } from "./dead-letters.ts";
import type { Log } from "./ports.ts";
import type { TimerQueue } from "./timer-queue.ts";

const windowMs = 1_000;

export interface DeadLetterLogPorts {
  readonly log: Log;
  readonly timers: TimerQueue;
  readonly bounds: BoundCounts;
  now(): number;
}

export class DeadLetterLog {
  readonly #ports: DeadLetterLogPorts;
  #windowEndsMs = Number.NEGATIVE_INFINITY;
  #written = 0;
  #omitted = 0;

  constructor(ports: DeadLetterLogPorts) {
    this.#ports = ports;
  }

  write({ from, to, method, reason }: DeadLetter): void {
    const now = this.#ports.now();
    if (now >= this.#windowEndsMs) {
      this.#windowEndsMs = now + windowMs;
      this.#written = 0;
    }
    if (this.#written < limits.deadLettersLoggedMax) {
      this.#written += 1;
      const fields = { code: reason, ...(from && { from: from.$.toString() }) };
      this.#ports.log.write("debug", to, `dead letter: ${method}`, fields);
      return;
    }
    if (this.#omitted === 0) this.#ports.timers.set(this.#windowEndsMs, () => this.#sumUp());
    this.#ports.bounds.reached("deadLettersLoggedMax");
    this.#omitted += 1;
  }

  #sumUp(): void {
    const text = `${this.#omitted} more dead letters in ${windowMs} ms; their reasons are counted`;
    this.#omitted = 0;
    this.#ports.log.write("debug", "/", text);
  }
}
