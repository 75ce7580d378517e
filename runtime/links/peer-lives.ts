// Which incarnations of a peer are alive, gone or superseded. Pure.
//
// Incarnations grow. At most one is current; every lower one is gone for good, and so is each that
// was declared down: such a process can only come back under a new incarnation.
import type { NodeId } from "#protocols/address.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { Knocks } from "./knocks.ts";
import type { LinkTiming } from "./link-timing.ts";
import { Liveness } from "./liveness.ts";

export type LifeVerdict = "current" | "newer" | "gone";

export class PeerLives {
  #current = 0;
  /** Every incarnation up to this one is gone. */
  #goneThrough = 0;
  /** Declared down without ever having been heard; they may be higher than those to come. */
  readonly #missing: number[] = [];
  readonly #liveness: Liveness;
  readonly #knocks = new Knocks();

  constructor(timing: LinkTiming) {
    this.#liveness = new Liveness(timing);
  }

  /** 0 when none is known to live. */
  get current(): number {
    return this.#current;
  }

  isGone(incarnation: number): boolean {
    return incarnation <= this.#goneThrough || this.#missing.includes(incarnation);
  }

  /** What a process that says it has this incarnation is to us. */
  judge(incarnation: number): LifeVerdict {
    if (this.isGone(incarnation)) return "gone";
    if (incarnation === this.#current) return "current";
    return incarnation > this.#current ? "newer" : "gone";
  }

  /** The newer incarnation lives from now on. */
  adopt(incarnation: number, nowMs: number): void {
    this.#liveness.born(nowMs);
    this.#knocks.end();
    this.#current = incarnation;
    this.#goneThrough = Math.max(this.#goneThrough, incarnation - 1);
  }

  bury(incarnation: number): void {
    if (incarnation === this.#current) {
      this.#current = 0;
      this.#goneThrough = Math.max(this.#goneThrough, incarnation);
    } else if (!this.isGone(incarnation)) {
      this.#missing.push(incarnation);
      if (this.#missing.length > linkLimits.missingMax) this.#missing.shift();
    }
  }

  /** Up to this one every process is gone, and it is known for sure. */
  endThrough(incarnation: number): void {
    if (this.#current <= incarnation) this.#current = 0;
    this.#goneThrough = Math.max(this.#goneThrough, incarnation);
    this.#knocks.end();
  }

  /** The current process is given up for its silence: perhaps it lives, and must learn of it. */
  seek(self: NodeId, peerName: string, nowMs: number): void {
    this.#knocks.silent(self, { name: peerName, incarnation: this.#current }, nowMs);
  }

  /** A process that was never heard is given up: perhaps it lives, and must learn of it. */
  missed(incarnation: number, nowMs: number): void {
    if (this.#current === 0 && !this.isGone(incarnation)) this.#knocks.unheard(nowMs);
    this.bury(incarnation);
  }

  /** Whether to stay in touch, or get in touch again, though nothing is to be said. */
  isWanted(nowMs: number): boolean {
    return this.#current !== 0 || this.#knocks.isDue(nowMs);
  }

  /** Something came from the current process. */
  heard(nowMs: number): void {
    this.#liveness.heard(nowMs);
  }

  /** This process itself did not run for so long. */
  excuse(lateMs: number): void {
    this.#liveness.excuse(lateMs);
  }

  /** Why the current process must count as down; undefined while it need not. */
  doubt(nowMs: number, brokenMs: number | undefined): string | undefined {
    return this.#current === 0 ? undefined : this.#liveness.verdict(nowMs, brokenMs);
  }
}
