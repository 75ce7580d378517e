// How late it was when the file was last written, so that the clock of the store that opens it next does
// not begin before that. Its newest event says it to the millisecond; what is written without events, such
// as the renewal of a lease, is covered by a row of its own that a commit writes about once a second.
import type { Database } from "better-sqlite3";
import { checkedEvent, type EventRow } from "./event-rows.ts";
import { checkMeta, readMeta, setMeta } from "./meta-rows.ts";

const timeKey = "store_time";
/** So much of the time that was written without events may be forgotten. */
const writtenEveryMs = 1_000;

export class KeptTime {
  /** As the file was opened; 0 when nothing is known. */
  readonly newestMs: number;
  readonly #database: Database;
  #writtenMs: number;

  constructor(database: Database) {
    this.#database = database;
    this.#writtenMs = soundOr0(() => writtenTime(database));
    this.newestMs = Math.max(
      this.#writtenMs,
      soundOr0(() => newestEventTime(database)),
    );
  }

  /** Before a commit. */
  write(nowMs: number): void {
    if (nowMs - this.#writtenMs < writtenEveryMs) return;
    setMeta(this.#database, timeKey, String(nowMs));
    this.#writtenMs = nowMs;
  }

  /** The commit was not kept. */
  undone(): void {
    this.#writtenMs = 0;
  }
}

function writtenTime(database: Database): number {
  const row = readMeta(database, timeKey);
  if (!row) return 0;
  checkMeta(row);
  return Number(row.value);
}

function newestEventTime(database: Database): number {
  const row = database
    .prepare<[], EventRow>(
      `SELECT event_id AS eventId, channel, seq, type, task_id AS taskId, payload, at, crc32
        FROM events ORDER BY event_id DESC LIMIT 1`,
    )
    .get();
  return row ? checkedEvent(row).at : 0;
}

/** A damaged row says nothing here: whoever reads it, and the store's check, tells of it. */
function soundOr0(read: () => number): number {
  try {
    const time = read();
    return Number.isSafeInteger(time) ? time : 0;
  } catch {
    return 0;
  }
}
