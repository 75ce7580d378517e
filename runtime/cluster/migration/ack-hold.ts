// How far one incoming link may acknowledge while actors behind it are moving. Pure, and off unless a
// link is given one.
//
// A message that reached a frozen actor is lost with its node when that dies before the commit has been
// confirmed. Were it not acknowledged until then, its sender would report it. But acknowledgements are
// cumulative: all later messages of the link, whoever they are for, wait too, fill the sender's window,
// and would be reported as perhaps lost though they were handled. So the hold is short and bounded, and
// whoever needs more asks instead of telling.
import { migrationLimits } from "#protocols/cluster/migration.ts";

interface Hold {
  readonly sequence: number;
  readonly sinceMs: number;
}

export class AckHold {
  /** The first message that each departure still answers for. */
  readonly #holds = new Map<number, Hold>();
  #givenUp = 0;

  /** Holds that were given up, because they lasted too long or held too much. */
  get givenUpCount(): number {
    return this.#givenUp;
  }

  /** This message waits with an actor that is about to leave; only the first one of a move counts. */
  hold(departure: number, { sequence, sinceMs }: Hold): void {
    if (!this.#holds.has(departure)) this.#holds.set(departure, { sequence, sinceMs });
  }

  /** The actor runs on here, or the target has confirmed. */
  release(departure: number): void {
    this.#holds.delete(departure);
  }

  /** The number up to which all may be acknowledged, of all that were delivered up to `delivered`. */
  acknowledgeable(delivered: number, nowMs: number): number {
    let free = delivered;
    for (const [departure, { sequence, sinceMs }] of this.#holds) {
      const isTooMuch = delivered - sequence >= migrationLimits.ackHeldMax;
      if (isTooMuch || nowMs - sinceMs >= migrationLimits.ackHeldMsMax) {
        this.#holds.delete(departure);
        this.#givenUp += 1;
      } else free = Math.min(free, sequence - 1);
    }
    return free;
  }
}
