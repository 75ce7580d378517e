// A chart of what a suite found, as SVG: on top how far each goal is reached, below two columns of panels,
// one a workload. Pure.
//
//   ┌───────────── goals ─────────────┐
//   ├── W1 tell ────┬── W2 ask ───────┤
//   │ ██████████    │ ███             │   each panel goes under the shorter column
//   ├───────────────┤ ████████████    │
import { type BarPanel, barPanelHeight, drawBars, figureOf } from "./chart-bars.ts";
import { curveHeight, curvesIn, drawCurve } from "./chart-curve.ts";
import { drawGoals, goalsHeight } from "./chart-goals.ts";
import type { Measure, Ratio, Row } from "./contest.ts";
import { type Box, dot, paint, text } from "./svg.ts";

export interface Charted {
  readonly suite: string;
  readonly scale: string;
  readonly startedAt: string;
  readonly machine: { readonly cores: number; readonly cpuModel: string };
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

const width = 1200;
const margin = 12;
const gap = 12;
const columnWidth = (width - 2 * margin - gap) / 2;
const top = 78;
const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

interface Panel {
  readonly height: number;
  readonly draw: (box: Box) => string;
}

export function chartOf(report: Charted): string {
  const { ratios } = report;
  const parts: string[] = [];
  let y = top;
  if (ratios.length > 0) {
    const box = { x: margin, y, width: width - 2 * margin, height: goalsHeight(ratios) };
    parts.push(drawGoals(ratios, box));
    y += box.height + gap;
  }
  const below = [y, y];
  for (const { draw, height } of panelsOf(report)) {
    const column = (below[0] ?? 0) <= (below[1] ?? 0) ? 0 : 1;
    const x = margin + column * (columnWidth + gap);
    const at = below[column] ?? 0;
    parts.push(draw({ x, y: at, width: columnWidth, height }));
    below[column] = at + height + gap;
  }
  const height = Math.max(...below);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}">`,
    `<path d="M0 0H${width}V${height}H0Z" fill="${paint.ground}"/>`,
    ...heading(report),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function heading({ machine, scale, startedAt, suite }: Charted): readonly string[] {
  const quick = scale === "quick" ? ", a quick run, which proves nothing" : "";
  const subtitle = `${machine.cores} x ${machine.cpuModel}, ${startedAt.slice(0, 10)}${quick}. Each step of a scale is ten times as much; thin lines show the spread of the rounds.`;
  const legend = [
    { words: "troupe", colour: paint.ours, x: 850 },
    { words: "written by hand: the limit", colour: paint.limit, x: 934 },
    { words: "others", colour: paint.peer, x: 1120 },
  ];
  return [
    text(`Benchmarks: ${suite}`, { x: 24, y: 36, size: 22, weight: 600 }),
    text(subtitle, { x: 24, y: 60, fill: paint.faint }),
    ...legend.flatMap(({ colour, words, x }) => [
      dot({ x, y: 31 }, colour),
      text(words, { x: x + 12, y: 35, fill: paint.faint }),
    ]),
  ];
}

function panelsOf({ ratios, rows }: Charted): readonly Panel[] {
  const rates = rows.flatMap(({ perSecondMin, perSecondMax }) => [perSecondMin, perSecondMax]);
  const curves = curvesIn(rows);
  const drawn = new Set<string>();
  return [...new Set(rows.map((row) => row.workload))].flatMap((workload): readonly Panel[] => {
    const curve = curves.find(({ title }) => workload.startsWith(`${title} over `));
    const panels: Panel[] = [];
    if (curve && !drawn.has(curve.title)) {
      drawn.add(curve.title);
      panels.push({ height: curveHeight, draw: (box) => drawCurve(curve, box) });
    }
    const own = ratios.filter((ratio) => ratio.workload === workload);
    if (curve && own.length === 0) return panels;
    for (const measure of measuresOf(own)) {
      const panel = barPanel(workload, { measure, rows, ratios: own });
      panels.push({
        height: barPanelHeight(panel),
        draw: (box) => drawBars(panel, box, rates),
      });
    }
    return panels;
  });
}

/** Without those of likeness: as lengths of bars they would all look the same. Their goals show them. */
const measures: readonly Measure[] = ["perSecond", "p50Ms", "p99Ms", "bytes", "residentBytes"];

/** What the goals are about; where there are none, rates. */
const measuresOf = (ratios: readonly Ratio[]): readonly Measure[] =>
  ratios.length === 0
    ? ["perSecond"]
    : measures.filter((measure) => ratios.some((ratio) => ratio.measure === measure));

const barPanel = (workload: string, of: Omit<BarPanel, "workload">): BarPanel => ({
  ...of,
  workload,
  rows: of.rows.filter(
    (row) => row.workload === workload && figureOf(row, of.measure) !== undefined,
  ),
});
