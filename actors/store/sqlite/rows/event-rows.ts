// Events by channel. They are gathered while a batch goes on and written before it commits, many to a
// statement; a read within the batch writes them first. A channel's head is the number of its last
// event; only when that is trimmed a row of its own keeps it.
import type { Database, Statement } from "better-sqlite3";
import type { NewEvent, StoreEvent } from "#protocols/tasks/task-events.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import { checkRow, type Stored, stored } from "./stored-values.ts";

const selection = `SELECT event_id AS eventId, channel, seq, type, task_id AS taskId, payload, at,
  crc32 FROM events`;
const insertion =
  "INSERT INTO events (event_id, channel, seq, type, task_id, payload, at, crc32) VALUES";
const places = "(?, ?, ?, ?, ?, ?, ?, ?)";
/** Rows of the longer of the two statements that insert. */
const manyRows = 16;

export const eventStatements = {
  last: "SELECT max(seq) FROM events INDEXED BY events_channel WHERE channel = ?",
  keptHead: "SELECT channel, head, crc32 FROM channel_heads WHERE channel = ?",
  first: "SELECT min(seq) FROM events INDEXED BY events_channel WHERE channel = ?",
  page: `${selection} INDEXED BY events_channel
    WHERE channel = ? AND seq > ? ORDER BY seq LIMIT ?`,
  tail: `${selection} WHERE event_id > ? ORDER BY event_id LIMIT ?`,
  insertOne: `${insertion} ${places}`,
  insertMany: `${insertion} ${Array(manyRows).fill(places).join(", ")}`,
} as const;

export type EventRow = Omit<StoreEvent, "payload"> & {
  readonly payload: string;
  readonly crc32: number;
};

export interface HeadRow {
  readonly channel: string;
  readonly head: number;
  readonly crc32: number;
}

/** Channels whose head is in memory; full: the one that was used longest ago goes. */
const headsMax = 16_384;
const columnCount = 8;

export interface EventTerms {
  nextId(): number;
  /** Told before the file changes. */
  writes(): void;
}

export class EventRows {
  readonly #terms: EventTerms;
  readonly #last: Statement<[string], number | null>;
  readonly #keptHead: Statement<[string], HeadRow>;
  readonly #first: Statement<[string], number | null>;
  readonly #page: Statement<[string, number, number], EventRow>;
  readonly #tail: Statement<[number, number], EventRow>;
  readonly #insertOne: Statement;
  readonly #insertMany: Statement;
  readonly #heads = new Map<string, number>();
  /** Values of the batch's rows, one row behind another, and how many of them are in the file. */
  readonly #values: Stored[] = [];
  #written = 0;
  /** Both, as they were when the call in hand began. */
  #marked = { length: 0, written: 0 };
  #payload: TaskParameters | undefined;
  #payloadText = "";

  constructor(database: Database, terms: EventTerms) {
    const sql = eventStatements;
    this.#terms = terms;
    this.#last = database.prepare<[string], number | null>(sql.last).pluck();
    this.#keptHead = database.prepare<[string], HeadRow>(sql.keptHead);
    this.#first = database.prepare<[string], number | null>(sql.first).pluck();
    this.#page = database.prepare<[string, number, number], EventRow>(sql.page);
    this.#tail = database.prepare<[number, number], EventRow>(sql.tail);
    this.#insertOne = database.prepare(sql.insertOne);
    this.#insertMany = database.prepare(sql.insertMany);
  }

  append(event: NewEvent, at: number): StoreEvent {
    const channel = storable(event.channel);
    const type = storable(event.type);
    const { taskId, payload } = event;
    const seq = this.head(channel) + 1;
    const eventId = this.#terms.nextId();
    const values = [eventId, channel, seq, type, taskId, this.#textOf(payload), at];
    values.push(checksum(values));
    for (const value of values) this.#values.push(value);
    this.#setHead(channel, seq);
    return { eventId, channel, seq, type, taskId, payload, at };
  }

  head(channel: string): number {
    const known = this.#heads.get(channel);
    if (known !== undefined) return known;
    const last = this.#last.get(channel) ?? 0;
    const kept = this.#keptHead.get(channel);
    if (kept) checkHead(kept);
    const head = Math.max(last, kept?.head ?? 0);
    this.#setHead(channel, head);
    return head;
  }

  /** A channel that cannot have events yet. */
  begin(channel: string): void {
    if (!this.#heads.has(channel)) this.#setHead(channel, 0);
  }

  firstKept(channel: string): number {
    this.write();
    return this.#first.get(channel) ?? this.head(channel) + 1;
  }

  page(channel: string, afterSeq: number, max: number): readonly StoreEvent[] {
    this.write();
    return this.#page.all(channel, afterSeq, max).map(checkedEvent);
  }

  tail(afterEventId: number, max: number): readonly StoreEvent[] {
    this.write();
    return this.#tail.all(afterEventId, max).map(checkedEvent);
  }

  /** A call begins: what it appends can be taken back. */
  mark(): void {
    this.#marked = { length: this.#values.length, written: this.#written };
  }

  /** Takes back what the call has appended; the file has taken back what was written meanwhile. */
  undo(): void {
    this.#values.length = this.#marked.length;
    this.#written = this.#marked.written;
    // Heads are read from the file now, so that must know the events of the calls before.
    this.#heads.clear();
    this.write();
  }

  write(): void {
    const values = this.#values;
    if (this.#written === values.length) return;
    this.#terms.writes();
    const step = manyRows * columnCount;
    let from = this.#written;
    for (; from + step <= values.length; from += step) {
      this.#insertMany.run(values.slice(from, from + step));
    }
    for (; from < values.length; from += columnCount) {
      this.#insertOne.run(values.slice(from, from + columnCount));
    }
    this.#written = from;
  }

  /** The batch is over. */
  settled(): void {
    this.#values.length = 0;
    this.#written = 0;
  }

  forget(): void {
    this.#heads.clear();
    this.settled();
  }

  #setHead(channel: string, head: number): void {
    this.#heads.set(channel, head);
    if (this.#heads.size <= headsMax) return;
    // What was set first goes first; a head that goes and is still unwritten must be found again.
    this.write();
    let left = headsMax / 4;
    for (const oldest of this.#heads.keys()) {
      this.#heads.delete(oldest);
      left -= 1;
      if (left === 0) break;
    }
  }

  /** The channels of one transition get the same payload. */
  #textOf(payload: TaskParameters): string {
    if (payload !== this.#payload) {
      this.#payload = payload;
      this.#payloadText = String(stored(payload));
    }
    return this.#payloadText;
  }
}

export function checkedEvent(row: EventRow): StoreEvent {
  const { crc32, ...event } = row;
  const { eventId, channel, seq, type, taskId, payload, at } = row;
  const values = [eventId, channel, seq, type, taskId, payload, at];
  checkRow(`event ${seq} of the channel "${channel}"`, { values }, crc32);
  return { ...event, payload: JSON.parse(payload) };
}

export const checkHead = ({ channel, head, crc32 }: HeadRow): void =>
  checkRow(`the head of the channel "${channel}"`, { values: [channel, head] }, crc32);
