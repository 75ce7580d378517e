// Whether the workers of a node take work. It stands beside the actors, so that a worker that was
// restarted still finds it as it was turned: `system.provide(workSwitch, new WorkSwitch())`.
//
//   who turns it ──turn──► WorkSwitch ◄──heard── worker, once those who give it work know
//        └──────── publish(workTurned) ─────────► worker
import { topic } from "#runtime/core/event-bus.ts";
import { serviceKey } from "#runtime/core/services.ts";

export class WorkSwitch {
  #isPaused = false;
  #turns = 0;
  #waiting: (() => void)[] = [];

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Grows whenever it is turned. */
  get turns(): number {
    return this.#turns;
  }

  /** Resolves when a worker has passed on how it stands now. */
  turn(to: "paused" | "taken"): Promise<void> {
    this.#isPaused = to === "paused";
    this.#turns += 1;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Those who give work know how it stood at that turn. */
  heard(turns: number): void {
    if (turns < this.#turns) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export const workSwitch = serviceKey("workSwitch", (value) =>
  value instanceof WorkSwitch ? value : undefined,
);

/** Of this node: it was turned, and who works should say so at once. The event is the turn. */
export const workTurned = topic<number>("work-turned");
