// Pure. Cuts a picture into tiles that a network enlarges one by one. Each is shown with a rim of its
// neighbours, which is cut off again, so that no seam is seen:
//
//   ┌─ window ──────────┐      tiles touch; windows overlap, and end where the picture ends
//   │ rim               │
//   │   ┌─ tile ─────┐  │
//   │   │            │  │
import type { Size } from "../inpaint/padding.ts";
import type { Box } from "../inpaint/raster.ts";

export interface Tile {
  /** What of the result is kept. */
  readonly tile: Box;
  /** What the network is shown. */
  readonly window: Box;
}

/** Row by row. `side` of a tile and `rim` in pixels. */
export function tilesOf(
  { width, height }: Size,
  { side, rim }: { readonly side: number; readonly rim: number },
): readonly Tile[] {
  const columns = spans(width, side, rim);
  return spans(height, side, rim).flatMap((row) =>
    columns.map((column) => ({
      tile: { left: column.from, right: column.to, top: row.from, bottom: row.to },
      window: { left: column.first, right: column.last, top: row.first, bottom: row.last },
    })),
  );
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
}

function spans(length: number, side: number, rim: number): readonly Span[] {
  return Array.from({ length: Math.ceil(length / side) }, (_, index) => {
    const from = index * side;
    const to = Math.min(length, from + side);
    return { from, to, first: Math.max(0, from - rim), last: Math.min(length, to + rim) };
  });
}
