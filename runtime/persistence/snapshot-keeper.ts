// Takes snapshots of one journaled actor when they are due, in the background: no handler waits. A
// snapshot that cannot be kept costs only time at the next recovery, so it is logged and tried again
// after as many events; only an older owner's is a reason to crash.
import type { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import type { Claim, Persistence } from "./journal.ts";
import { persistenceLimits } from "./persistence-limits.ts";
import type { JournalTerms } from "./persistence-spec.ts";
import { isSnapshotDue, type SinceSnapshot } from "./snapshot-policy.ts";
import type { StoreLoss } from "./store-loss.ts";

export interface KeeperPorts {
  readonly persistence: Persistence;
  readonly codec: Pick<PlainCodec, "encode">;
  readonly claim: Claim;
  readonly terms: JournalTerms;
  readonly loss: StoreLoss;
  complain(text: string, failure: Failure): void;
}

export class SnapshotKeeper {
  readonly #ports: KeeperPorts;
  #since: SinceSnapshot;
  /** Sequence of the newest snapshot; 0 for none. */
  #newest: number;
  #isSaving = false;

  constructor(ports: KeeperPorts, found: { snapshotAt: number; since: SinceSnapshot }) {
    this.#ports = ports;
    this.#newest = found.snapshotAt;
    this.#since = found.since;
  }

  /** More events were applied: the state is now that of this sequence. */
  advanced(by: SinceSnapshot, sequence: number, state: unknown): void {
    this.#since = { events: this.#since.events + by.events, bytes: this.#since.bytes + by.bytes };
    if (this.#isSaving || !isSnapshotDue(this.#ports.terms.snapshot, this.#since)) return;
    this.#since = { events: 0, bytes: 0 };
    this.#isSaving = true;
    void this.#keep(sequence, state).finally(() => {
      this.#isSaving = false;
    });
  }

  /** The state is encoded before anything is awaited: later events do not get into it. */
  async #keep(sequence: number, state: unknown): Promise<void> {
    const { persistence, codec, claim, terms, loss, complain } = this.#ports;
    const { persistenceId, fence } = claim;
    const owner = { persistenceId, fence };
    const what = `the state of ${persistenceId}`;
    try {
      const bytes = codec.encode(state, { what, bytesMax: persistenceLimits.stateBytesMax });
      const { version: schemaVersion } = terms;
      await persistence.snapshots.save({ ...owner, sequence, schemaVersion, bytes });
      const earlier = this.#newest;
      this.#newest = sequence;
      if (earlier === 0) return;
      // The one before stays: should this one be damaged, it can be removed by hand.
      await persistence.snapshots.deleteUpTo({ ...owner, upTo: earlier - 1 });
      if (terms.history === "drop")
        await persistence.journal.deleteUpTo({ ...owner, upTo: earlier });
    } catch (cause) {
      const failure = Failure.of(cause, "store_failed");
      if (failure.code === "conflict") loss.declare(failure);
      else complain(`no snapshot of ${sequence} was kept: ${failure.detail}`, failure);
    }
  }
}
