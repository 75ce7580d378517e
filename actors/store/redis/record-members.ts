// Members of the sorted sets that are indexes of records: what a row's columns hold, written so that
// the order of the bytes is the order of the values, then the row's key. All have the same score, so
// Redis keeps them by their bytes and finds ranges of them (ZRANGEBYLEX).
//
//   null 0 · number 1 and its bits as hex · text 2, UTF-8, ended by 00 01       00 01 [key as JSON]
import { Failure } from "#protocols/failure.ts";
import type { RecordRange } from "../record-shelf.ts";
import type { Cell } from "../records/record-column.ts";
import type { RecordIndex } from "../records/record-table.ts";

const end = "\u0000\u0001";
/** Behind every kind of value. */
const last = "3";
/** Before every value but null. */
const firstValue = "1";

export const rowKeyText = (key: readonly Cell[]): string => JSON.stringify(key);

export function memberOf(index: RecordIndex, key: string, cells: readonly Cell[]): string {
  const values = index.positions.map((position) => orderedText(cells[position] ?? null));
  return `${values.join("")}${end}${key}`;
}

export const keyIn = (member: string): string => member.slice(member.lastIndexOf("\u0000") + 2);

export interface MemberBounds {
  /** Inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly before: string;
}

export function boundsOfRange({
  equal = [],
  from,
  before,
}: Omit<RecordRange, "limit">): MemberBounds {
  const prefix = equal.map(orderedText).join("");
  const isBounded = from !== undefined || before !== undefined;
  const lowest = isBounded ? firstValue : "";
  return {
    from: prefix + (from === undefined ? lowest : orderedText(from)),
    before: prefix + (before === undefined ? last : orderedText(before)),
  };
}

function orderedText(cell: Cell): string {
  if (cell === null) return "0";
  if (typeof cell === "number") return `1${orderedHex(cell)}`;
  // A zero within sorts behind the end: a text comes before those that it begins.
  if (typeof cell === "string") return `2${cell.replaceAll("\u0000", "\u0000\u00ff")}${end}`;
  throw new Failure("internal", "bytes stand in no index; index a column of another kind");
}

/** Negative numbers have all bits turned, others the first: then they sort as they are. */
function orderedHex(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const turned = bits >> 63n === 1n ? ~bits : bits | (1n << 63n);
  return BigInt.asUintN(64, turned).toString(16).padStart(16, "0");
}
