// The numbers that a store gives only once: fences, arrivals, events. They are counted in memory and
// written with the batch that used them, in the same commit: what was acknowledged is never given
// again, and what a batch that was undone had used is simply left out.
import type { Database, Statement } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import { checkRow } from "./stored-values.ts";

export type CountedName = "fence" | "task_seq" | "event_id";

export const sequenceStatements = {
  all: "SELECT name, value, crc32 FROM sequences",
  set: "UPDATE sequences SET value = ?, crc32 = ? WHERE name = ?",
} as const;

export interface SequenceRow {
  readonly name: string;
  readonly value: number;
  readonly crc32: number;
}

export const sequenceChecksum = (name: string, value: number): number => checksum([name, value]);

export const checkSequence = ({ name, value, crc32 }: SequenceRow): void =>
  checkRow(`the sequence "${name}"`, { values: [name, value] }, crc32);

export class SequenceRows {
  readonly #values: Record<CountedName, number>;
  readonly #written: Record<CountedName, number>;
  readonly #set: Statement;

  /** Fails with `corrupt` when a number is missing or not what was written. */
  constructor(database: Database) {
    this.#set = database.prepare(sequenceStatements.set);
    const rows = database.prepare<[], SequenceRow>(sequenceStatements.all).all();
    const startOf = (name: CountedName): number => {
      const row = rows.find((candidate) => candidate.name === name);
      if (!row) {
        const text = `the sequence "${name}" is missing; restore a backup of the store`;
        throw new Failure("corrupt", text);
      }
      checkSequence(row);
      return row.value;
    };
    this.#values = {
      fence: startOf("fence"),
      task_seq: startOf("task_seq"),
      event_id: startOf("event_id"),
    };
    this.#written = { ...this.#values };
  }

  /** The one that was given last. */
  last(name: CountedName): number {
    return this.#values[name];
  }

  next(name: CountedName): number {
    this.#values[name] += 1;
    return this.#values[name];
  }

  /** Before the commit. */
  write(): void {
    for (const name of ["fence", "task_seq", "event_id"] as const) {
      const value = this.#values[name];
      if (value === this.#written[name]) continue;
      this.#set.run(value, sequenceChecksum(name, value), name);
      this.#written[name] = value;
    }
  }

  /** The batch was undone: its numbers stay used, and are written with the next. */
  undone(): void {
    for (const name of ["fence", "task_seq", "event_id"] as const) this.#written[name] = -1;
  }
}
