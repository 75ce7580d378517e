// What the decisions about records read and write: tables that are declared as data, rows found by
// their key or by a range of an index. As with `Shelf`, all that is done within one transaction is
// kept or undone as a whole by whoever opened it, and what is written is seen by the reads that follow.
import type { RecordTable } from "./records/record-table.ts";

/** Values of key columns and of index columns. */
export type RecordKey = readonly (string | number)[];

/** Part of an index: rows in its order, or against it. */
export interface RecordRange {
  /** What the first columns of the index are. */
  readonly equal?: RecordKey;
  /** Bounds of the column after those: inclusive, exclusive. Rows that have null there are left out. */
  readonly from?: string | number;
  readonly before?: string | number;
  /** Default: `up`. */
  readonly order?: "up" | "down";
  readonly limit: number;
}

export interface RecordShelf {
  /** Fails with `corrupt` when the row does not fit its checksum, as every read does. */
  get<R extends object>(table: RecordTable<R>, key: RecordKey): R | undefined;
  /** `index`: one that the table declares, or `key`. */
  scan<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): readonly R[];
  /**
   * `former`: the record as it was read; undefined for a new one. Fails with `internal` when another
   * row stands there, or one that has to be the only one of a unique index.
   */
  put<R extends object>(table: RecordTable<R>, record: R, former: R | undefined): void;
  drop<R extends object>(table: RecordTable<R>, record: R): void;
  /** Forgets the rows of a range unread, damaged ones too; how many. */
  trim<R extends object, I extends string>(
    table: RecordTable<R, I>,
    index: NoInfer<I> | "key",
    range: RecordRange,
  ): number;
  /** Reads every row: what is wrong with those that are damaged. */
  check<R extends object>(table: RecordTable<R>): readonly string[];
}
