// The cluster's records on one back end, called one command at a time with the time that the test says.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Database } from "better-sqlite3";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import type { RecordShelf } from "#actors/store/record-shelf.ts";
import type {
  RecordArguments,
  RecordMethod,
  RecordValue,
} from "#actors/store/records/record-command.ts";
import { isRecordWrite, recordDecisions } from "#actors/store/records/record-decisions.ts";
import { damagedRecords } from "#actors/store/records/record-upkeep.ts";
import { nodeHoldsSql, recordTablesSql } from "#actors/store/sqlite/record-tables.ts";
import { controlIssuedSql } from "#actors/store/sqlite/schema/control-issued.ts";
import { controlReadsSql } from "#actors/store/sqlite/schema/control-reads.ts";
import { errorTablesSql } from "#actors/store/sqlite/schema/error-tables.ts";
import { SqliteRecords } from "#actors/store/sqlite/sqlite-records.ts";
import { Failure } from "#protocols/failure.ts";
import { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import type { NewEvent } from "#protocols/tasks/task-events.ts";
import { GroupedCommit } from "#runtime/stores/sqlite/grouped-commit.ts";
import { openDatabase } from "#runtime/stores/sqlite/open-database.ts";
import { applySteps } from "#runtime/stores/sqlite/schema-steps.ts";

export const startMs = 1_700_000_000_000;
const applicationId = 0x54525045;

export interface RecordFixture {
  nowMs: number;
  call<M extends RecordMethod>(method: M, ...args: RecordArguments<M>): RecordValue<M>;
  /** What is damaged. */
  problems(): readonly string[];
}
export type MakeFixture = (t: TestContext) => RecordFixture;

class MemoryFixture implements RecordFixture {
  nowMs = startMs;
  readonly records = new MemoryRecords();

  call<M extends RecordMethod>(method: M, ...args: RecordArguments<M>): RecordValue<M> {
    return this.records.undoable(() => decide(this.records, this.nowMs, method, args));
  }

  problems(): readonly string[] {
    return damagedRecords(this.records);
  }
}

/** Events are not what these fixtures are about. */
const untold = {
  append: (event: NewEvent, at: number) => ({ ...event, at, seq: 1, eventId: 1 }),
};

/** As a back end does it, inside its transaction. */
export function decide<M extends RecordMethod>(
  records: RecordShelf,
  nowMs: number,
  method: M,
  args: RecordArguments<M>,
): RecordValue<M> {
  const wrong = ClusterRecords.methods.get(method)?.refuse(args);
  if (wrong !== undefined) throw new Failure("invalid", `${method}: ${wrong}`);
  return recordDecisions[method]({ records, nowMs, shelf: untold }, ...args);
}

export class SqliteFixture implements RecordFixture {
  nowMs = startMs;
  readonly path: string;
  database: Database;

  constructor(path: string) {
    this.path = path;
    this.database = openDatabase({ path, applicationId });
    const sql =
      recordTablesSql + nodeHoldsSql + errorTablesSql + controlReadsSql + controlIssuedSql;
    const steps = [{ version: 1, name: "records", sql }];
    applySteps(this.database, { applicationId, steps, nowMs: startMs });
  }

  reopen(): void {
    this.database.close();
    this.database = openDatabase({ path: this.path, applicationId });
  }

  call<M extends RecordMethod>(method: M, ...args: RecordArguments<M>): RecordValue<M> {
    const records = new SqliteRecords(this.database);
    const commit = new GroupedCommit<undefined, RecordValue<M>>(this.database, this.path, {
      isWrite: () => isRecordWrite(method),
      perform: () => decide(records, this.nowMs, method, args),
    });
    const [outcome] = commit.run([undefined]);
    if (outcome?.kind === "done") return outcome.value;
    throw new Failure(outcome?.failure.code ?? "internal", outcome?.failure.detail ?? "no answer");
  }

  problems(): readonly string[] {
    return damagedRecords(new SqliteRecords(this.database));
  }
}

export const inMemory: MakeFixture = () => new MemoryFixture();

export const onSqlite = (t: TestContext): SqliteFixture => {
  const folder = mkdtempSync(join(tmpdir(), "records-"));
  const fixture = new SqliteFixture(join(folder, "records.db"));
  t.after(() => {
    fixture.database.close();
    rmSync(folder, { recursive: true });
  });
  return fixture;
};
