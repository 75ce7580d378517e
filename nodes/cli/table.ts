// Rows as text in columns: as wide as needed, numbers to the right.
import { visibleText } from "./visible-text.ts";

export type Cell = string | number;

/** Lines without a line feed at the end of the last one. Of cells what a terminal would obey is made visible. */
export function formatTable(heads: readonly string[], of: readonly (readonly Cell[])[]): string {
  const rows = of.map((row) =>
    row.map((cell) => (typeof cell === "string" ? visibleText(cell) : cell)),
  );
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => String(row[column] ?? "").length)),
  );
  const lines = [heads, ...rows].map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

const pad = (cell: Cell, width: number): string =>
  typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
