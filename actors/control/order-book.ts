// The orders that a node has carried out, by their ids: what comes twice is not done twice. It stands
// beside the actor that uses it, so that it outlives its restarts, and ends with the process, as do the
// effects of what stands in it.
import { controlLimits } from "#protocols/control-limits.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";

export class OrderBook {
  readonly #done = new Map<string, Promise<ControlResponse>>();

  get size(): number {
    return this.#done.size;
  }

  known(commandId: string): Promise<ControlResponse> | undefined {
    return this.#done.get(commandId);
  }

  /** What fails was not done, and may come again. The oldest is forgotten beyond the limit. */
  enter(commandId: string, done: Promise<ControlResponse>): void {
    this.#done.set(commandId, done);
    done.catch(() => {
      if (this.#done.get(commandId) === done) this.#done.delete(commandId);
    });
    if (this.#done.size <= controlLimits.ordersRememberedMax) return;
    const [oldest] = this.#done.keys();
    if (oldest !== undefined) this.#done.delete(oldest);
  }
}
