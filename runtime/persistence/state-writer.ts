// The writing end of one durable state: at most one save is under way, and those that come meanwhile
// share the next, which keeps the newest of them.
import type { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import type { Claim, SnapshotStore } from "./journal.ts";
import { persistenceLimits } from "./persistence-limits.ts";
import type { StoreLoss } from "./store-loss.ts";

/** A state without events has one place, where each save replaces the one before. */
const sequence = 1;

export interface StateWriterPorts {
  readonly snapshots: Pick<SnapshotStore, "save">;
  readonly codec: Pick<PlainCodec, "encode">;
  readonly claim: Claim;
  readonly schemaVersion: number;
  readonly loss: StoreLoss;
}

export class StateWriter {
  readonly #ports: StateWriterPorts;
  /** What the next save keeps, and when it is kept. */
  #next: { bytes: Uint8Array; readonly kept: Promise<void> } | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(ports: StateWriterPorts) {
    this.#ports = ports;
  }

  save(state: unknown): Promise<void> {
    const { codec, claim, loss } = this.#ports;
    if (loss.failure) throw loss.failure;
    const what = `the state of ${claim.persistenceId}`;
    const bytes = codec.encode(state, { what, bytesMax: persistenceLimits.stateBytesMax });
    if (this.#next) {
      this.#next.bytes = bytes;
      return this.#next.kept;
    }
    const kept = this.#underWay.then(() => this.#write());
    // A handler that does not wait for it hears of a failure nevertheless: its actor crashes.
    kept.catch(() => {});
    this.#next = { bytes, kept };
    this.#underWay = kept;
    return kept;
  }

  async #write(): Promise<void> {
    const { snapshots, claim, schemaVersion, loss } = this.#ports;
    const { persistenceId, fence } = claim;
    const next = this.#next;
    this.#next = undefined;
    if (!next) return;
    try {
      await snapshots.save({ persistenceId, fence, sequence, schemaVersion, bytes: next.bytes });
    } catch (cause) {
      const failure = Failure.of(cause, "store_failed");
      loss.declare(failure);
      throw failure;
    }
  }
}
