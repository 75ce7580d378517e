// The panel on top: how far each goal is reached. A dot on the line reaches its goal exactly, right of it
// does better; where less is better, the fraction is turned round. Pure.
//
//                                    a tenth    the goal    ten times
//   W1 tell beside bare loop             ·     ─●─ │            ·        0.49x, goal ≥ 0.6
import { amountOf, goalOf } from "./chart-bars.ts";
import type { Measure, Ratio } from "./contest.ts";
import { logScale } from "./log-scale.ts";
import { type Box, dot, line, paint, panelBack, text } from "./svg.ts";

const pitch = 20;
const head = 56;
const foot = 16;
const labelWidth = 440;
const figureWidth = 190;
/** What is farther than that from its goal stands at the edge. */
const factorMax = 10;

export const goalsHeight = (ratios: readonly Ratio[]): number =>
  head + ratios.length * pitch + foot;

export function drawGoals(ratios: readonly Ratio[], box: Box): string {
  const span = { from: box.x + labelWidth, to: box.x + box.width - figureWidth };
  const { at } = logScale([1.3 / factorMax, factorMax], span);
  const met = ratios.filter((ratio) => ratio.met).length;
  const top = box.y + head - 8;
  const bottom = box.y + box.height - foot + 2;
  return [
    panelBack(box),
    text(`${met} of ${ratios.length} goals reached`, {
      ...{ x: box.x + 14, y: box.y + 23, size: 14, weight: 600 },
    }),
    ...[
      [1 / factorMax, "a tenth"],
      [1, "the goal"],
      [factorMax, "ten times"],
    ].flatMap(([factor, words]) => {
      const x = at(Number(factor));
      const isGoal = factor === 1;
      return [
        line(
          { x, y: top },
          { x, y: bottom },
          isGoal ? { colour: paint.limit, width: 1.5 } : { colour: paint.grid },
        ),
        text(String(words), { x, y: top - 6, size: 11, fill: paint.faint, anchor: "middle" }),
      ];
    }),
    ...ratios.map((ratio, index) => row(ratio, { box, span, at, y: top + 14 + index * pitch })),
  ].join("\n");
}

function row(
  ratio: Ratio,
  place: {
    readonly box: Box;
    readonly span: { readonly from: number; readonly to: number };
    readonly at: (factor: number) => number;
    readonly y: number;
  },
): string {
  const { at, box, span, y } = place;
  const clipped = (figure: number): number =>
    at(Math.min(factorMax, Math.max(1 / factorMax, reached(ratio, figure))));
  const colour = ratio.met ? paint.met : paint.missed;
  return [
    text(titleOf(ratio), { x: box.x + 14, y: y + 4 }),
    line({ x: clipped(ratio.min), y }, { x: clipped(ratio.max), y }, { colour, width: 2 }),
    dot({ x: clipped(ratio.ratio), y }, colour),
    text(`${ratio.met ? "✓" : "✗"} ${amountOf(ratio)}, goal ${goalOf(ratio)}`, {
      ...{ x: span.to + 24, y: y + 4, fill: colour },
    }),
  ].join("\n");
}

const units: Readonly<Record<Measure, string>> = {
  perSecond: "",
  p50Ms: ", p50",
  p99Ms: ", p99",
  bytes: ", heap each",
  residentBytes: ", memory each",
  decibels: ", likeness",
  similarity: ", similarity",
};

function titleOf({ against, measure, workload }: Ratio): string {
  return `${workload}${units[measure]}${against === "" ? "" : ` beside ${against}`}`;
}

/** 1 is the goal, more is better. What is no worse than nothing is beyond all goals. */
function reached({ goal }: Ratio, figure: number): number {
  const bound = Number(goal.slice(3));
  // No fraction of nothing can be told: beyond all goals, or nowhere near.
  if (bound === 0) return figure >= 0 === goal.startsWith(">=") ? Number.POSITIVE_INFINITY : 0;
  if (goal.startsWith(">=")) return figure / bound;
  return figure <= 0 ? Number.POSITIVE_INFINITY : bound / figure;
}
