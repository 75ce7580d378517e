// Many calls, one commit: a batch is one transaction with a savepoint around each call that may
// write, so that a refused call undoes only itself and all others share one sync of the disk. When
// the disk fails, nothing of the batch is kept and every write of it is refused.
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

  /** The calls' outcomes at their places. Never throws. A write that is done is on the disk. */
  run(calls: readonly C[]): readonly CallOutcome<V>[] {
    const { isWrite } = this.#ports;
    if (!calls.some(isWrite)) return calls.map((call) => this.#outcome(call));
    try {
      return this.#transact(calls);
    } catch (cause) {
      this.#ports.undone?.();
      const failure = failureOf(cause, this.#path).toData();
      const refused: CallOutcome<V> = { kind: "failed", failure };
      return calls.map((call) => (isWrite(call) ? refused : this.#outcome(call)));
    }
  }

  #transact(calls: readonly C[]): readonly CallOutcome<V>[] {
    this.#chooseSync(this.#ports.isSynced?.(calls) ?? true);
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
    this.#ports.begun?.();
    this.#steps.mark.run();
    try {
      const value = this.#ports.perform(call);
      this.#steps.keep.run();
      return { kind: "done", value };
    } catch (cause) {
      // SQLite may have rolled the whole transaction back; then nothing of the batch is left.
      if (isDiskFault(cause) || !this.#database.inTransaction) throw cause;
      this.#steps.undo.run();
      this.#ports.undo?.();
      this.#steps.keep.run();
      return { kind: "failed", failure: failureOf(cause, this.#path).toData() };
    }
  }

  #outcome(call: C): CallOutcome<V> {
    try {
      return { kind: "done", value: this.#ports.perform(call) };
    } catch (cause) {
      return { kind: "failed", failure: failureOf(cause, this.#path).toData() };
    }
  }
}
