// What actors keep, in one SQLite file. Synchronous: it runs in a thread of its own.
import { Failure } from "#protocols/failure.ts";
import type { StoreAnswer } from "#runtime/persistence/called-persistence.ts";
import type {
  AppendRequest,
  Claim,
  Ownership,
  ReadRequest,
  SaveRequest,
  StoredRow,
} from "#runtime/persistence/journal.ts";
import { checkNewest, checkOwner, checkVersion } from "#runtime/persistence/ownership-check.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { bytesOf, isWrite, type StoreCall } from "#runtime/persistence/store-call.ts";
import { type CallOutcome, GroupedCommit } from "./grouped-commit.ts";
import { HeldDatabase } from "./held-database.ts";
import { JournalRows, type OwnerRow } from "./journal-rows.ts";
import { journalApplicationId, journalSteps } from "./journal-steps.ts";

/** The log is moved into the main file when about so much was written to it. */
const checkpointBytes = 4 * 1024 * 1024;
/** What a call writes beside its values. */
const callBytes = 4 * 1024;

export class JournalFile {
  readonly #held: HeldDatabase;
  readonly #rows: JournalRows;
  readonly #commit: GroupedCommit<StoreCall>;
  #logBytes = 0;

  private constructor(held: HeldDatabase) {
    const { database, path } = held;
    this.#held = held;
    this.#rows = new JournalRows(database, path);
    this.#commit = new GroupedCommit(database, path, {
      isWrite,
      perform: (call) => this.#perform(call),
    });
  }

  /** Fails with `store_failed` when another store has the file open, and when it cannot be used. */
  static open(options: { readonly path: string; readonly nowMs: number }): JournalFile {
    const terms = { ...options, applicationId: journalApplicationId, steps: journalSteps };
    return HeldDatabase.open(terms, (held) => new JournalFile(held));
  }

  /** Commits since the file was opened. */
  get commitsTotal(): number {
    return this.#commit.commitsTotal;
  }

  /** Does the calls in order, in one commit; never throws. Calls were checked by the caller. */
  run(calls: readonly StoreCall[]): readonly CallOutcome[] {
    const outcomes = this.#commit.run(calls);
    for (const call of calls) if (isWrite(call)) this.#logBytes += callBytes + bytesOf(call);
    return outcomes;
  }

  /** Upkeep between batches: moves the log into the main file, now and then. */
  tend(): void {
    if (this.#logBytes >= checkpointBytes) this.#checkpoint("PASSIVE");
  }

  /** For a quiet moment: empties the log and gives the pages of forgotten rows back to the disk. */
  tidy(): void {
    if (this.#logBytes > 0) this.#checkpoint("TRUNCATE");
  }

  close(): void {
    this.#held.close();
  }

  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): void {
    this.#logBytes = 0;
    this.#held.checkpoint(mode);
  }

  #perform(call: StoreCall): StoreAnswer {
    switch (call.kind) {
      case "claim":
        return this.#claim(call.persistenceId);
      case "append":
        return this.#append(call);
      case "read":
        return this.#read(call);
      case "save":
        return this.#save(call);
      case "load":
        return this.#load(call.persistenceId);
      case "forget-events":
        this.#rows.forget("events", { owner: this.#owned(call).number, sequence: call.upTo });
        return undefined;
      case "forget-snapshots":
        this.#rows.forget("snapshots", { owner: this.#owned(call).number, sequence: call.upTo });
        return undefined;
    }
  }

  #claim(persistenceId: string): Claim {
    const owner = this.#rows.owner(persistenceId);
    const version = owner?.version ?? 0;
    const claim = { persistenceId, fence: (owner?.fence ?? 0) + 1, version };
    this.#rows.putOwner(claim);
    return claim;
  }

  #append(request: AppendRequest): number {
    const owner = this.#owned(request);
    checkVersion(request, owner.version);
    let sequence = owner.version;
    for (const { schemaVersion, bytes } of request.events) {
      sequence += 1;
      this.#rows.put("events", owner, { sequence, schemaVersion, bytes });
    }
    this.#rows.putOwner({ ...owner, version: sequence });
    return sequence;
  }

  #read({ persistenceId, after, limit }: ReadRequest): readonly StoredRow[] {
    const owner = this.#rows.owner(persistenceId);
    if (!owner) return [];
    return this.#rows.page(owner, {
      after,
      limit: Math.min(limit, persistenceLimits.pageEventsMax),
    });
  }

  #save(request: SaveRequest): undefined {
    const owner = this.#owned(request);
    checkNewest(request, this.#rows.newestSequence(owner));
    this.#rows.put("snapshots", owner, request);
    return undefined;
  }

  #load(persistenceId: string): StoredRow | undefined {
    const owner = this.#rows.owner(persistenceId);
    return owner && this.#rows.newestSnapshot(owner);
  }

  /** The row of a writer that is the owner. */
  #owned(writer: Ownership): OwnerRow {
    const owner = this.#rows.owner(writer.persistenceId);
    checkOwner(writer, owner?.fence ?? 0);
    if (owner) return owner;
    throw new Failure("internal", `${writer.persistenceId} has a fence, so it has a row`);
  }
}
