// Forgets events: those before a time, and of each channel all but the newest. A channel that loses its
// last event keeps its head in a row, so that its numbers go on from there.
import type { Database, Statement } from "better-sqlite3";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";

export const trimStatements = {
  // Ids grow with time, so the oldest come first.
  oldest: "SELECT event_id AS eventId, channel, seq, at FROM events ORDER BY event_id LIMIT ?",
  remove: "DELETE FROM events WHERE event_id = ?",
  last: "SELECT max(seq) FROM events INDEXED BY events_channel WHERE channel = ?",
  removeUpTo: `DELETE FROM events WHERE event_id IN (
    SELECT event_id FROM events INDEXED BY events_channel
    WHERE channel = ? AND seq <= ? ORDER BY seq LIMIT ?)`,
  keepHead: "INSERT OR REPLACE INTO channel_heads (channel, head, crc32) VALUES (?, ?, ?)",
  dropHead: "DELETE FROM channel_heads WHERE channel = ?",
} as const;

/** Channels that are remembered; more: they are forgotten, and trimmed when they grow again or age. */
const grownMax = 65_536;

interface OldRow {
  readonly eventId: number;
  readonly channel: string;
  readonly seq: number;
  readonly at: number;
}

export class EventTrim {
  readonly #oldest: Statement<[number], OldRow>;
  readonly #remove: Statement<[number]>;
  readonly #last: Statement<[string], number | null>;
  readonly #removeUpTo: Statement<[string, number, number]>;
  readonly #keepHead: Statement;
  readonly #dropHead: Statement<[string]>;
  readonly #hasTask: (taskId: string) => boolean;
  /** Channels that got more events than are kept, since their length was last looked at. */
  readonly #grown = new Set<string>();
  /** As the last trim said; 0: not known yet. */
  #keep = 0;

  constructor(database: Database, hasTask: (taskId: string) => boolean) {
    const sql = trimStatements;
    this.#oldest = database.prepare<[number], OldRow>(sql.oldest);
    this.#remove = database.prepare<[number]>(sql.remove);
    this.#last = database.prepare<[string], number | null>(sql.last).pluck();
    this.#removeUpTo = database.prepare<[string, number, number]>(sql.removeUpTo);
    this.#keepHead = database.prepare(sql.keepHead);
    this.#dropHead = database.prepare<[string]>(sql.dropHead);
    this.#hasTask = hasTask;
  }

  grew(channel: string, head: number): void {
    if (head <= this.#keep) return;
    this.#grown.add(channel);
    if (this.#grown.size > grownMax) this.#grown.clear();
  }

  /** At most `max`; answers how many. */
  trim(terms: { readonly beforeMs: number; readonly keep: number; readonly max: number }): number {
    this.#keep = terms.keep;
    let left = terms.max;
    for (const row of this.#oldest.all(left)) {
      if (row.at >= terms.beforeMs) break;
      this.#forgetOne(row);
      left -= 1;
    }
    for (const channel of this.#grown) {
      if (left === 0) break;
      left -= this.#shorten(channel, terms.keep, left);
      if (left > 0) this.#grown.delete(channel);
    }
    return terms.max - left;
  }

  /** The task is forgotten, and with it where its events stood. */
  dropTask(taskId: string): void {
    this.#dropHead.run(channelOf.task(taskId));
  }

  #shorten(channel: string, keep: number, max: number): number {
    const head = this.#last.get(channel) ?? 0;
    if (head <= keep) return 0;
    if (keep === 0) this.#writeHead(channel, head);
    return this.#removeUpTo.run(channel, head - keep, max).changes;
  }

  #forgetOne({ eventId, channel, seq }: OldRow): void {
    this.#remove.run(eventId);
    if ((this.#last.get(channel) ?? 0) > 0) return;
    const prefix = channelOf.task("");
    const isOfTask = channel.startsWith(prefix);
    if (isOfTask && !this.#hasTask(channel.slice(prefix.length))) return;
    this.#writeHead(channel, seq);
  }

  #writeHead(channel: string, head: number): void {
    this.#keepHead.run(channel, head, checksum([channel, head]));
  }
}
