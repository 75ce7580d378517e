// Waits for the moment between two messages of an actor, and holds it there: no handler in progress,
// no promise piped, nobody who waits for room in its mailbox, and it itself not paused. Until then it
// finishes what it does and begins nothing new.
import type { Household } from "./household.ts";
import type { TimerQueue } from "./timer-queue.ts";

export interface FreezingPorts {
  readonly timers: TimerQueue;
  /** Messages of other nodes wait for room in its mailbox: they come first. */
  isAwaited(): boolean;
  /** It stands still. */
  still(): void;
  /** It ends, and nothing will be left to move. */
  ending(): void;
}

/** Milliseconds until it is looked at again, where nothing tells that it stands still. */
const lookAgainMs = 5;

export class Freezing {
  readonly #household: Household;
  readonly #ports: FreezingPorts;
  #isOver = false;

  constructor(household: Household, ports: FreezingPorts) {
    this.#household = household;
    this.#ports = ports;
  }

  begin(): void {
    this.#household.ownTravel.boundary = () => this.#look();
    this.#look();
    if (!this.#isOver) this.#lookLater();
  }

  /** It goes on; of one that stands still, too. */
  end(): void {
    this.#isOver = true;
    this.#household.ownTravel.boundary = undefined;
    this.#household.readiness.letGo();
  }

  #lookLater(): void {
    const { host } = this.#household;
    this.#ports.timers.set(host.clock.now() + lookAgainMs, () => {
      if (this.#isOver) return;
      this.#look();
      if (!this.#isOver) this.#lookLater();
    });
  }

  #look(): void {
    const { host, owner, pipesPending, readiness, state } = this.#household;
    if (state === "ended" || state === "ending" || state === "draining") {
      this.end();
      this.#ports.ending();
      return;
    }
    // Who is paused, or has the room that others wait for, has to go on first.
    if (readiness.gateIfAny?.isPaused || this.#ports.isAwaited()) {
      readiness.letGo();
      return;
    }
    readiness.hold();
    const isBusy = host.focus.turnOf === owner || readiness.handling.isAwaited;
    if (state !== "running" || isBusy || pipesPending > 0) return;
    this.#isOver = true;
    this.#household.ownTravel.boundary = undefined;
    this.#ports.still();
  }
}
