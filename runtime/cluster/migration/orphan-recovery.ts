// A prepared copy whose source is gone. Pure. Once membership has removed the source, the target may
// claim the actor and run the copy, which is exact but for what reached the source after the freeze.
//
//   severing ──all living nodes have dropped the source──► claiming ──won──► recovered
//                                                             └──lost──► void
//
// First everybody drops the source, for what the actor had sent from there must not arrive after what
// it sends from here. Then the claim: with the revision that the copy bears, or with the one by which
// the source had made this node the owner before it died. The claim of a source that still lives
// somewhere, cut off, competes for the same revision: one of the two wins.
import { migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import { judgeClaim, type LocationClaim } from "./location-claim.ts";
import type { ClaimAnswer } from "./peer-message.ts";

export interface OrphanSink {
  /** Asks that node to drop the source; `severed` follows, or the node's own removal. */
  sever(peer: NodeKey): void;
  claim(claim: LocationClaim, ask: number): void;
  severedByAll(): void;
  recovered(revision: number): void;
  /** Somebody else owns the actor, or nobody may any more. */
  voided(): void;
  now(): number;
}

export interface Orphan {
  readonly self: NodeKey;
  readonly source: NodeKey;
  readonly epoch: number;
  /** The revision that the copy bears. */
  readonly fence: number;
}

export class OrphanRecovery {
  readonly #orphan: Orphan;
  readonly #sink: OrphanSink;
  readonly #severing = new Set<NodeKey>();
  #claim: LocationClaim | undefined;
  #ask = 0;
  #askAgainMs = Number.POSITIVE_INFINITY;
  #state: "severing" | "claiming" | "ended" = "severing";

  constructor(orphan: Orphan, sink: OrphanSink) {
    this.#orphan = orphan;
    this.#sink = sink;
  }

  get state(): "severing" | "claiming" | "ended" {
    return this.#state;
  }

  /** The source is removed; `peers` are all other living nodes but this one. */
  start(peers: Iterable<NodeKey>): void {
    for (const peer of peers) this.#severing.add(peer);
    for (const peer of [...this.#severing]) this.#sink.sever(peer);
    this.#proceed();
  }

  /** That node has dropped the source, or is gone itself. */
  severed(peer: NodeKey): void {
    if (this.#severing.delete(peer)) this.#proceed();
  }

  answered(ask: number, answer: ClaimAnswer): void {
    if (ask !== this.#ask || !this.#claim) return;
    const verdict = judgeClaim(this.#claim, answer);
    switch (verdict.kind) {
      case "ask-again":
        this.#askAgainMs = this.#sink.now() + migrationLimits.claimRetryMs;
        return;
      case "won":
        this.#end();
        this.#sink.recovered(verdict.revision);
        return;
      case "lost": {
        const { self, epoch, source } = this.#orphan;
        const present = verdict.present;
        const isOurs =
          present?.entry.node === self &&
          present.entry.epoch === epoch &&
          present.entry.by === source;
        if (present && isOurs) this.#askFor(present.revision);
        else {
          this.#end();
          this.#sink.voided();
        }
        return;
      }
      default:
        verdict satisfies never;
    }
  }

  tick(): void {
    if (this.#claim && this.#sink.now() >= this.#askAgainMs) this.#repeat(this.#claim);
  }

  #proceed(): void {
    if (this.#state !== "severing" || this.#severing.size > 0) return;
    this.#state = "claiming";
    this.#sink.severedByAll();
    this.#askFor(this.#orphan.fence);
  }

  #askFor(expect: number): void {
    const { self, epoch } = this.#orphan;
    this.#claim = { wanted: { node: self, epoch, by: self }, expect };
    this.#repeat(this.#claim);
  }

  #repeat(claim: LocationClaim): void {
    this.#ask += 1;
    this.#askAgainMs = Number.POSITIVE_INFINITY;
    this.#sink.claim(claim, this.#ask);
  }

  #end(): void {
    this.#state = "ended";
    this.#claim = undefined;
  }
}
