// The SQL of tables of records, made from their declarations. Each index is named in its query: what
// the planner picks does not depend on its statistics. Pure.
import type { RecordRange } from "../record-shelf.ts";
import type { IndexCondition, RecordIndex } from "../records/record-table.ts";

export interface TableShape {
  readonly name: string;
  readonly columns: readonly { readonly name: string }[];
  readonly key: readonly number[];
}

const checkColumn = "row_check";

const columnsOf = (table: TableShape): readonly string[] => [
  ...table.columns.map(({ name }) => name),
  checkColumn,
];

const named = (table: TableShape, position: number): string =>
  table.columns[position]?.name ?? checkColumn;

const isKey = (table: TableShape): string =>
  table.key.map((position) => `${named(table, position)} = ?`).join(" AND ");

export const selectSql = (table: TableShape): string =>
  `SELECT ${columnsOf(table).join(", ")} FROM ${table.name}`;

export const getSql = (table: TableShape): string => `${selectSql(table)} WHERE ${isKey(table)}`;

export const insertSql = (table: TableShape): string => {
  const columns = columnsOf(table);
  const places = columns.map(() => "?").join(", ");
  return `INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${places})`;
};

/** Only the columns that change: an index is rewritten for each of its columns that is named. */
export const updateSql = (table: TableShape, positions: readonly number[]): string => {
  const changes = [...positions.map((position) => named(table, position)), checkColumn];
  const set = changes.map((name) => `${name} = ?`).join(", ");
  return `UPDATE ${table.name} SET ${set} WHERE ${isKey(table)} AND ${checkColumn} = ?`;
};

export const deleteSql = (table: TableShape): string =>
  `DELETE FROM ${table.name} WHERE ${isKey(table)} AND ${checkColumn} = ?`;

/** Takes the values of `equal`, `from`, `before` and the limit, as far as they are there. */
export function scanSql(table: TableShape, index: RecordIndex, range: RecordRange): string {
  return `SELECT ${columnsOf(table).join(", ")} ${rangeSql(table, index, range)}`;
}

export function trimSql(table: TableShape, index: RecordIndex, range: RecordRange): string {
  const key = table.key.map((position) => named(table, position)).join(", ");
  return `DELETE FROM ${table.name} WHERE (${key}) IN (SELECT ${key} ${rangeSql(table, index, range)})`;
}

function rangeSql(table: TableShape, index: RecordIndex, range: RecordRange): string {
  const isPrimary = index.name === `${table.name}_key`;
  const equal = range.equal ?? [];
  const bounded = named(table, index.positions[equal.length] ?? -1);
  const terms = [
    ...(index.where ? [conditionSql(table, index.where)] : []),
    ...equal.map((_, place) => `${named(table, index.positions[place] ?? -1)} = ?`),
    ...(range.from === undefined ? [] : [`${bounded} >= ?`]),
    ...(range.before === undefined ? [] : [`${bounded} < ?`]),
  ];
  const direction = range.order === "down" ? " DESC" : "";
  const order = index.positions.map((position) => `${named(table, position)}${direction}`);
  return [
    `FROM ${table.name}${isPrimary ? "" : ` INDEXED BY ${index.name}`}`,
    ...(terms.length > 0 ? [`WHERE ${terms.join(" AND ")}`] : []),
    `ORDER BY ${order.join(", ")} LIMIT ?`,
  ].join(" ");
}

/** Literal, as it stands in the index: a bound value would hide that the index has the rows. */
function conditionSql(table: TableShape, { position, is }: IndexCondition): string {
  const column = named(table, position);
  if (is === null) return `${column} IS NULL`;
  return is === "not null" ? `${column} IS NOT NULL` : `${column} = '${is.text}'`;
}
