// Many calls, one commit: a batch is one transaction with a savepoint around each call that may
// write, so that a refused call undoes only itself and all others share one sync of the disk. When
// the disk fails, nothing of the batch is kept and every write of it is refused. When the file refuses
// a row that was gathered for the end of the batch, its calls are done again one by one.
import type { Database, Statement } from "better-sqlite3";
import type { FailureData } from "#protocols/failure-codes.ts";
import { failureOf, isDiskFault } from "./sqlite-failure.ts";

export type CallOutcome<V = unknown> =
  | { readonly kind: "done"; readonly value: V }
  | { readonly kind: "failed"; readonly failure: FailureData };

export interface CommitPorts<C, V> {
  isWrite(call: C): boolean;
  perform(call: C): V;
  /** Whether the commit of these calls must be on the disk before they are answered. Default: yes. */
  isSynced?(calls: readonly C[]): boolean;
  /**
   * When the savepoint is set: before each call, which is the default, or when `mark` is called, which
   * must be before the call first writes to the file.
   */
  readonly savepoints?: "each call" | "when told";
  /** A call that may write begins. */
  begun?(): void;
  /** It failed, and the file has taken back what it had written. */
  undo?(): void;
  /** The last thing before the commit, in its transaction. */
  beforeCommit?(): void;
  /** Nothing of the batch is kept: what `perform` noted elsewhere is not true either. */
  undone?(): void;
}

export class GroupedCommit<C, V = unknown> {
  readonly #database: Database;
  readonly #path: string;
  readonly #ports: CommitPorts<C, V>;
  readonly #steps: Record<"begin" | "commit" | "rollback" | "mark" | "keep" | "undo", Statement>;
  #commitsTotal = 0;
  #isSynced = true;
  /** Whether a call that may write is in hand, and has its savepoint. */
  #call: "none" | "unmarked" | "marked" = "none";

  constructor(database: Database, path: string, ports: CommitPorts<C, V>) {
    this.#database = database;
    this.#path = path;
    this.#ports = ports;
    this.#steps = {
      begin: database.prepare("BEGIN IMMEDIATE"),
      commit: database.prepare("COMMIT"),
      rollback: database.prepare("ROLLBACK"),
      mark: database.prepare("SAVEPOINT call"),
      keep: database.prepare("RELEASE call"),
      undo: database.prepare("ROLLBACK TO call"),
    };
  }

  get commitsTotal(): number {
    return this.#commitsTotal;
  }

  /** From here on the call in hand can be undone in the file. */
  mark(): void {
    if (this.#call !== "unmarked") return;
    this.#steps.mark.run();
    this.#call = "marked";
  }

  /** The calls' outcomes at their places. Never throws. A write that is done is on the disk. */
  run(calls: readonly C[]): readonly CallOutcome<V>[] {
    return this.#runAs(calls, this.#ports.isSynced?.(calls) ?? true);
  }

  #runAs(calls: readonly C[], isSynced: boolean): readonly CallOutcome<V>[] {
    const { isWrite } = this.#ports;
    if (!calls.some(isWrite)) return calls.map((call) => this.#outcome(call));
    try {
      this.#chooseSync(isSynced);
      return this.#transact(calls);
    } catch (cause) {
      this.#ports.undone?.();
      if (calls.length > 1 && !isDiskFault(cause)) {
        // What one call of the batch has asked for is done for each, as they are answered together.
        return calls.flatMap((call) => this.#runAs([call], isSynced));
      }
      const failure = failureOf(cause, this.#path).toData();
      const refused: CallOutcome<V> = { kind: "failed", failure };
      return calls.map((call) => (isWrite(call) ? refused : this.#outcome(call)));
    }
  }

  #transact(calls: readonly C[]): readonly CallOutcome<V>[] {
    this.#steps.begin.run();
    try {
      const outcomes = calls.map((call) =>
        this.#ports.isWrite(call) ? this.#outcomeOrUndo(call) : this.#outcome(call),
      );
      this.#ports.beforeCommit?.();
      this.#steps.commit.run();
      this.#commitsTotal += 1;
      return outcomes;
    } catch (cause) {
      if (this.#database.inTransaction) this.#steps.rollback.run();
      throw cause;
    }
  }

  /** NORMAL leaves the log to the kernel: a commit survives the process, but not the power. */
  #chooseSync(isSynced: boolean): void {
    if (isSynced === this.#isSynced) return;
    this.#database.pragma(`synchronous = ${isSynced ? "FULL" : "NORMAL"}`);
    this.#isSynced = isSynced;
  }

  #outcomeOrUndo(call: C): CallOutcome<V> {
    this.#begin();
    try {
      if (this.#ports.savepoints !== "when told") this.mark();
      const value = this.#ports.perform(call);
      this.#release();
      return { kind: "done", value };
    } catch (cause) {
      // SQLite may have rolled the whole transaction back; then nothing of the batch is left.
      if (isDiskFault(cause) || !this.#database.inTransaction) throw cause;
      if (this.#call === "marked") this.#steps.undo.run();
      this.#release();
      this.#ports.undo?.();
      return { kind: "failed", failure: failureOf(cause, this.#path).toData() };
    } finally {
      this.#call = "none";
    }
  }

  #begin(): void {
    this.#ports.begun?.();
    this.#call = "unmarked";
  }

  #release(): void {
    if (this.#call === "marked") this.#steps.keep.run();
    this.#call = "none";
  }

  /** Of one that only reads, though what it reads may be written first. */
  #outcome(call: C): CallOutcome<V> {
    const { inTransaction } = this.#database;
    try {
      return { kind: "done", value: this.#ports.perform(call) };
    } catch (cause) {
      if (inTransaction && (isDiskFault(cause) || !this.#database.inTransaction)) throw cause;
      return { kind: "failed", failure: failureOf(cause, this.#path).toData() };
    }
  }
}
