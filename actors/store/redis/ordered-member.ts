// Cells of a record as text whose bytes sort as the cells do, so that a sorted set of Redis in which all
// scores are equal is an index: null, then numbers, then texts by their UTF-8 bytes.
//
//   \x01                   null
//   \x02 16 hex digits     a number: its bits, turned so that they sort
//   \x03 text \x00\x00     a text; a \x00 within is \x00\x01
//
// Behind the last cell stands \x04 and the row's id, which has no control characters.
import type { Cell } from "../records/record-column.ts";

const marks = { null: "\u0001", number: "\u0002", text: "\u0003", id: "\u0004" } as const;
/** Behind everything that goes on with another cell or an id. */
const beyond = "\u0005";

/** Bytes stand in no index. */
export function orderedText(cells: readonly Cell[]): string {
  return cells.map(orderedCell).join("");
}

export const orderedMember = (cells: readonly Cell[], rowId: string): string =>
  `${orderedText(cells)}${marks.id}${rowId}`;

export const rowIdOf = (member: string): string =>
  member.slice(member.lastIndexOf(marks.id) + marks.id.length);

export interface MemberRange {
  /** Inclusive. */
  readonly low: string;
  /** Exclusive. */
  readonly high: string;
}

/** All members that begin with these cells; with a bound, those in which the next cell is within it. */
export function memberRange(
  equal: readonly Cell[],
  bounds: { readonly from?: string | number; readonly before?: string | number },
): MemberRange {
  const prefix = orderedText(equal);
  const { before, from } = bounds;
  const low =
    from !== undefined
      ? prefix + orderedCell(from)
      : before !== undefined
        ? prefix + marks.number
        : prefix;
  const high = before === undefined ? prefix + beyond : prefix + orderedCell(before);
  return { low, high };
}

/** The order of Redis. */
export const compareMembers = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

function orderedCell(cell: Cell): string {
  if (cell === null) return marks.null;
  if (typeof cell === "number") return marks.number + orderedNumber(cell);
  const text = typeof cell === "string" ? cell : "";
  return `${marks.text}${text.replaceAll("\u0000", "\u0000\u0001")}\u0000\u0000`;
}

/** Of negative numbers all bits are turned, of others only the sign: then bits sort as numbers do. */
function orderedNumber(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value + 0);
  const bits = view.getBigUint64(0);
  const isNegative = bits >> 63n === 1n;
  const turned = isNegative ? ~bits & 0xffff_ffff_ffff_ffffn : bits | (1n << 63n);
  return turned.toString(16).padStart(16, "0");
}
