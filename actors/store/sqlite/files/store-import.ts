// Brings the tasks and nodes of a database in the source schema into a store: all of them in one commit,
// or none. What is there already stays as it is, so that an import can be repeated.
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { HeldDatabase } from "#runtime/stores/sqlite/held-database.ts";
import { failureOf } from "#runtime/stores/sqlite/sqlite-failure.ts";
import { adoptNode } from "../../records/node-book.ts";
import { AttemptRows } from "../rows/attempt-rows.ts";
import { SequenceRows } from "../rows/sequence-rows.ts";
import { TaskRows } from "../rows/task-rows.ts";
import { recountQueues } from "../schema/queue-recount.ts";
import { SqliteRecords } from "../sqlite-records.ts";
import { taskFile } from "../task-file.ts";
import { nodeOfSource, sourceNodeColumns } from "./source-node.ts";
import { sourceColumns, taskOfSource } from "./source-task.ts";
import type { SourceRow } from "./source-values.ts";
import { type Progress, removeDatabase } from "./store-file.ts";

export interface Imported {
  readonly imported: number;
  /** Of these, what waits for a worker. */
  readonly waiting: number;
  /** Tasks with the same id that were there already. */
  readonly known: number;
  readonly nodes: ImportedNodes;
}

export interface ImportedNodes {
  readonly imported: number;
  readonly known: number;
  /** More than may be known. */
  readonly tooMany: number;
  /** Names of the source that no node can have here; those stay behind. */
  readonly unnameable: readonly string[];
}

const noNodes: ImportedNodes = { imported: 0, known: 0, tooMany: 0, unnameable: [] };

const pageRows = 500;

/**
 * Fails with `invalid` when the source has not the source's columns or a task that cannot be one,
 * with `store_failed` when a store runs on the file.
 */
export function importSource(options: {
  readonly from: string;
  readonly path: string;
  readonly nowMs: number;
  readonly progress?: Progress;
}): Imported {
  const { from, path, nowMs, progress } = options;
  if (!existsSync(from)) {
    throw new Failure("not_found", `there is no file ${from}; name the database to import`);
  }
  const isNew = !existsSync(path);
  const source = openSource(from);
  try {
    checkSource(source);
    return HeldDatabase.open({ path, nowMs, ...taskFile }, (held) => {
      try {
        const to = held.database;
        const bring = to.transaction(() => ({
          ...bringTasks(source, { to, nowMs, ...(progress && { progress }) }),
          nodes: bringNodes(source, { to, nowMs }),
        }));
        return bring.immediate();
      } finally {
        held.close();
      }
    });
  } catch (cause) {
    if (isNew) removeDatabase(path);
    throw cause;
  } finally {
    source.close();
  }
}

function openSource(from: string): Database.Database {
  try {
    return new Database(from, { readonly: true, fileMustExist: true });
  } catch (cause) {
    throw failureOf(cause, from);
  }
}

function checkSource(source: Database.Database): void {
  const columns = columnsOf(source, "tasks");
  const missing = sourceColumns.filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  const seen = columns.length === 0 ? "no table tasks" : `no column ${missing.join(", ")}`;
  throw new Failure("invalid", `${source.name} has ${seen}; name a database with such tasks`);
}

/** None: there is no such table. */
function columnsOf(source: Database.Database, table: "tasks" | "nodes"): readonly string[] {
  try {
    const sql = "SELECT name FROM pragma_table_info(?)";
    return source.prepare<[string], string>(sql).pluck().all(table);
  } catch (cause) {
    throw failureOf(cause, source.name);
  }
}

function bringNodes(
  source: Database.Database,
  { to, nowMs }: { readonly to: Database.Database; readonly nowMs: number },
): ImportedNodes {
  const present = columnsOf(source, "nodes");
  const columns = sourceNodeColumns.filter((column) => present.includes(column));
  if (!columns.includes("node_id")) return noNodes;
  const rows = source.prepare<[], SourceRow>(
    `SELECT ${columns.join(", ")} FROM nodes ORDER BY node_id`,
  );
  const context = { records: new SqliteRecords(to), nowMs };
  const tally = { adopted: 0, known: 0, full: 0 };
  const unnameable: string[] = [];
  for (const row of rows.iterate()) {
    const node = nodeOfSource(row, nowMs);
    if (node) tally[adoptNode(context, node)] += 1;
    else unnameable.push(String(row.node_id));
  }
  return { imported: tally.adopted, known: tally.known, tooMany: tally.full, unnameable };
}

function bringTasks(
  source: Database.Database,
  target: {
    readonly to: Database.Database;
    readonly nowMs: number;
    readonly progress?: Progress;
  },
): Omit<Imported, "nodes"> {
  const { to, nowMs, progress } = target;
  const all = source.prepare<[], number>("SELECT count(*) FROM tasks").pluck().get() ?? 0;
  const sorted = source.prepare<[number, number], SourceRow>(
    `SELECT ${sourceColumns.join(", ")} FROM tasks
      ORDER BY coalesce(submitted_at, created_at), rowid LIMIT ? OFFSET ?`,
  );
  const tasks = new TaskRows(to);
  const attempts = new AttemptRows(to);
  const sequences = new SequenceRows(to);
  const tally = { imported: 0, waiting: 0, known: 0 };
  for (let done = 0; done < all; done += pageRows) {
    for (const row of sorted.all(pageRows, done)) {
      if (tasks.has(String(row.task_id))) {
        tally.known += 1;
        continue;
      }
      const task = taskOfSource(row, { nowMs, seq: sequences.next("task_seq") });
      tasks.insert(task);
      if (task.attempt > 0) attempts.put(attemptOf(task));
      tally.imported += 1;
      if (task.finishedAt === null) tally.waiting += 1;
    }
    tasks.write();
    attempts.write();
    progress?.(Math.min(all, done + pageRows), all);
  }
  sequences.write();
  recountQueues(to, { nowMs });
  return tally;
}

/** The one that completed it. */
const attemptOf = (task: ReturnType<typeof taskOfSource>) => {
  const { taskId, attempt, fence, finishedAt, submittedAt } = task;
  const startedAt = task.startedAt ?? finishedAt ?? submittedAt;
  return {
    taskId,
    attempt,
    fence,
    node: task.assignedNode ?? "imported",
    startedAt,
    queueMs: Math.max(0, startedAt - submittedAt),
    finishedAt,
    runMs: Math.max(0, (finishedAt ?? startedAt) - startedAt),
    outcome: "completed",
    errorClass: null,
    errorCode: null,
    error: null,
    nextRunAt: null,
    checkpoint: null,
  } as const;
};
