// A table with a column of every kind, and random histories of what is done to it.
import fc from "fast-check";
import Type from "typebox";
import type { RecordShelf } from "#actors/store/record-shelf.ts";
import {
  bytes,
  flag,
  integer,
  json,
  orNull,
  real,
  text,
} from "#actors/store/records/record-column.ts";
import { recordTable } from "#actors/store/records/record-table.ts";

export const table = recordTable({
  name: "things",
  columns: {
    id: text("id"),
    group: text("grp"),
    at: orNull(integer("at")),
    size: real("size"),
    isOpen: flag("open"),
    words: json("words", Type.Array(Type.String())),
    blob: orNull(bytes("blob")),
  },
  key: ["id"],
  indexes: {
    time: { on: ["group", "at"] },
    unsized: { on: ["size"], where: ["at", null] },
  },
});
export const things = `CREATE TABLE things (id TEXT PRIMARY KEY, grp TEXT, at INTEGER, size REAL, open INTEGER,
  words TEXT, blob BLOB, row_check INTEGER);
  CREATE INDEX things_time ON things(grp, at, id);
  CREATE INDEX things_unsized ON things(size, id) WHERE at IS NULL;`;

export const thing = (id: string, changes: object = {}) => ({
  id,
  group: "g",
  at: null,
  size: 0,
  isOpen: false,
  words: [],
  blob: null,
  ...changes,
});

const id = fc.constantFrom("", "a", "b", "é", "\u{1f30d}", "\uffee", "a\u0000", "A");
export const step = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    row: fc.record({
      id,
      group: id,
      at: fc.option(fc.integer({ min: -3, max: 3 })),
      size: fc.constantFrom(0, -0, 1.5, -2, 1e300, 2 ** 53),
      isOpen: fc.boolean(),
      words: fc.array(id, { maxLength: 2 }),
      blob: fc.option(fc.uint8Array({ maxLength: 3 })),
    }),
  }),
  fc.record({ kind: fc.constant("drop" as const), id }),
  fc.record({
    kind: fc.constantFrom("scan" as const, "trim" as const),
    index: fc.constantFrom("key" as const, "time" as const, "unsized" as const),
    group: fc.option(id),
    low: fc.option(fc.integer({ min: -3, max: 3 })),
    high: fc.option(fc.integer({ min: -3, max: 3 })),
    order: fc.constantFrom("up" as const, "down" as const),
    limit: fc.integer({ min: 0, max: 5 }),
  }),
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function rangeOf(asked: Extract<Step, { kind: "scan" | "trim" }>) {
  const { index, group, low, high, order, limit } = asked;
  const isText = index === "key" || (index === "time" && group === null);
  const bound = (value: number | null) =>
    value === null ? undefined : isText ? String.fromCodePoint(98 + value) : value;
  const [from, before] = [bound(low), bound(high)];
  return {
    ...(group !== null && index === "time" ? { equal: [group] } : {}),
    ...(from === undefined ? {} : { from }),
    ...(before === undefined ? {} : { before }),
    order,
    limit,
  };
}

export function play(records: RecordShelf, asked: Step): unknown {
  if (asked.kind === "put") {
    records.put(table, asked.row, records.get(table, [asked.row.id]));
    return records.get(table, [asked.row.id]);
  }
  if (asked.kind === "drop") {
    const found = records.get(table, [asked.id]);
    if (found) records.drop(table, found);
    return found;
  }
  if (asked.kind === "scan") return records.scan(table, asked.index, rangeOf(asked));
  return records.trim(table, asked.index, rangeOf(asked));
}

export const plain = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part)) ?? "";
