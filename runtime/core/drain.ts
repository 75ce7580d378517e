// A drain under way: what waits is handled and nothing new is taken, until nothing waits or time is up.
import type { AfterDrain, LifePorts } from "./life-ports.ts";

export class Drain {
  readonly #ports: LifePorts;
  readonly #cancel: () => void;
  #afterwards: AfterDrain;

  /** `isOverdue` is called when it has taken `stopTimeoutMs`. */
  constructor(ports: LifePorts, afterwards: AfterDrain, isOverdue: () => void) {
    const { stopTimeoutMs } = ports;
    this.#ports = ports;
    this.#afterwards = afterwards;
    this.#cancel = ports.stopAlarm(stopTimeoutMs, () => {
      ports.complain(`drained for ${stopTimeoutMs} ms: ${ports.pendingCount()} messages are left`);
      isOverdue();
    });
    ports.opened(false);
    ports.clearTimers();
  }

  get afterwards(): AfterDrain {
    return this.#afterwards;
  }

  /** It is asked for once more: of two wishes the end counts. */
  wish(afterwards: AfterDrain): void {
    if (afterwards === "end") this.#afterwards = "end";
  }

  stop(): void {
    this.#cancel();
    this.#ports.opened(true);
  }
}
