// From what a store holds to the events that an actor must apply, in order and without a gap; or
// why that cannot be. Pure: rows in, values out; `PersistentActor` asks the store and applies.
//
//   claim ──► takeSnapshot ──► takePage, until `isDone` ──► live
import type { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import type { Claim, StoredRow } from "./journal.ts";
import type { JournalTerms } from "./persistence-spec.ts";
import type { SinceSnapshot } from "./snapshot-policy.ts";

export class JournalRecovery {
  readonly #claim: Claim;
  readonly #terms: JournalTerms;
  readonly #codec: Pick<PlainCodec, "decode">;
  #after = 0;
  #snapshotAt = 0;
  #passedOver = "";
  #bytes = 0;

  constructor(claim: Claim, terms: JournalTerms, codec: Pick<PlainCodec, "decode">) {
    this.#claim = claim;
    this.#terms = terms;
    this.#codec = codec;
  }

  /** Sequence up to which everything was taken: the next page is to begin behind it. */
  get after(): number {
    return this.#after;
  }

  get isDone(): boolean {
    return this.#after === this.#claim.version;
  }

  /** Of the snapshot that was taken; 0 for none. */
  get snapshotAt(): number {
    return this.#snapshotAt;
  }

  get sinceSnapshot(): SinceSnapshot {
    return { events: this.#after - this.#snapshotAt, bytes: this.#bytes };
  }

  /** The state to begin with; undefined: begin with the first state and all events. */
  takeSnapshot(row: StoredRow | undefined): { readonly state: unknown } | undefined {
    if (!row) return undefined;
    const { persistenceId, version } = this.#claim;
    const what = `the snapshot of ${row.sequence} of ${persistenceId}`;
    if (row.sequence > version) {
      const text = `${what} is ahead of its journal, which has version ${version}; restore a backup, or give each actor an id of its own`;
      throw new Failure("corrupt", text);
    }
    const { states, version: schemaVersion } = this.#terms;
    if (!states && row.schemaVersion < schemaVersion) {
      this.#passedOver = ` (${what} is of version ${row.schemaVersion}, which has no upcastState)`;
      return undefined;
    }
    const value = this.#codec.decode(row.bytes, what);
    const state = states ? states.cast(value, row.schemaVersion, what) : value;
    if (!states && row.schemaVersion > schemaVersion) {
      this.#terms.events.cast(value, row.schemaVersion, what);
    }
    this.#after = row.sequence;
    this.#snapshotAt = row.sequence;
    return { state };
  }

  /** The page's events in the newest form. Throws `corrupt` for a gap, or an end that comes early. */
  takePage(rows: readonly StoredRow[]): readonly unknown[] {
    const { persistenceId, version } = this.#claim;
    if (rows.length === 0 && !this.isDone) {
      const text = `the journal of ${persistenceId} ends at ${this.#after}, but ${version} events were appended${this.#passedOver}; restore a backup`;
      throw new Failure("corrupt", text);
    }
    return rows.map((row) => this.#take(row));
  }

  #take(row: StoredRow): unknown {
    const { persistenceId, version } = this.#claim;
    if (row.sequence !== this.#after + 1) {
      const text = `the journal of ${persistenceId} goes from ${this.#after} to ${row.sequence}: the events between are missing${this.#passedOver}; restore a backup`;
      throw new Failure("corrupt", text);
    }
    const what = `event ${row.sequence} of ${persistenceId}`;
    if (row.sequence > version) {
      const text = `${what} is behind the journal's version, ${version}; restore a backup`;
      throw new Failure("corrupt", text);
    }
    const value = this.#codec.decode(row.bytes, what);
    const event = this.#terms.events.cast(value, row.schemaVersion, what);
    this.#after = row.sequence;
    this.#bytes += row.bytes.byteLength;
    return event;
  }
}
