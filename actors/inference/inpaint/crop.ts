// Pure. The window of a picture that is given to the model for one hole: the box of the hole with a
// margin around it. Where the margin would leave the picture, the window is shifted inwards and
// keeps its size as far as the picture allows, so that the model sees as much context as elsewhere.
import type { Size } from "./padding.ts";
import type { Box } from "./raster.ts";

/** Windows have even sides: a box and margins of odd length lose their last pixel (as upstream). */
export function cropWindow(box: Box, margin: number, size: Size): Box {
  const columns = span(box.left, box.right, { margin, length: size.width });
  const rows = span(box.top, box.bottom, { margin, length: size.height });
  return { left: columns.start, top: rows.start, right: columns.end, bottom: rows.end };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function span(
  first: number,
  end: number,
  { margin, length }: { readonly margin: number; readonly length: number },
): Span {
  const middle = Math.floor((first + end) / 2);
  const half = Math.floor((end - first + 2 * margin) / 2);
  // One pixel without a margin would leave an empty window.
  if (half === 0) return { start: first, end };
  const over = { before: Math.max(0, half - middle), after: Math.max(0, middle + half - length) };
  return {
    start: Math.max(0, middle - half - over.after),
    end: Math.min(length, middle + half + over.before),
  };
}
