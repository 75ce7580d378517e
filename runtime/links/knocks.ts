// Two processes that could not reach each other for long have given each other up, and either may run on
// without a word for the other: who was given up would never learn it. So one of the two, the one that
// started later, goes on dialling the other; at the door one of them is refused, and starts anew. Who
// was given up without ever having been heard has perhaps not missed anybody: it is dialled by who
// gave it up. Pure.
import type { NodeId } from "#protocols/address.ts";
import { linkLimits } from "#protocols/link-limits.ts";

export class Knocks {
  #untilMs = Number.NEGATIVE_INFINITY;

  /** The peer was given up for its silence. */
  silent(self: NodeId, peer: NodeId, nowMs: number): void {
    if (isLater(self, peer)) this.#begin(nowMs);
  }

  /** The peer was given up, and had never been heard. */
  unheard(nowMs: number): void {
    this.#begin(nowMs);
  }

  /** It is known what became of it. */
  end(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }

  isDue(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  #begin(nowMs: number): void {
    this.#untilMs = nowMs + linkLimits.knocksMsMax;
  }
}

/** Incarnations grow with the time of their start; where two are equal, names decide. */
const isLater = (self: NodeId, peer: NodeId): boolean =>
  self.incarnation === peer.incarnation
    ? self.name > peer.name
    : self.incarnation > peer.incarnation;
