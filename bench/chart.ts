// A chart of what a suite found, as SVG: one panel a workload, one bar a contender on a scale of
// powers of ten, with a line from the least to the greatest round. All rates share one scale; where
// the goal is about time, the panel shows microseconds instead. Pure.
//
//   W1 tell                                    per second
//     troupe      ███████████████████━━─        16.7 M
//     bare loop   ███████████████████████─      29.4 M   0.57x
//                10 k    100 k    1 M     10 M
import type { Ratio, Row } from "./harness.ts";

export interface Charted {
  readonly suite: string;
  readonly startedAt: string;
  readonly machine: { readonly cores: number; readonly cpuModel: string };
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

const width = 960;
const plot = { left: 250, right: 720 } as const;
const bar = { height: 18, gap: 7 } as const;
const top = 92;
const panelHead = 40;
const panelFoot = 44;
const paint = {
  ground: "#ffffff",
  panel: "#f6f8fa",
  ours: "#1f6feb",
  limit: "#57606a",
  peer: "#a5b4c3",
  grid: "#d8dee4",
  text: "#1f2328",
  faint: "#656d76",
  met: "#1a7f37",
  missed: "#bc4c00",
} as const;

export function chartOf(report: Charted): string {
  const rates = scaleOf(report.rows.map(rateOf));
  const parts: string[] = [];
  let y = top;
  for (const workload of new Set(report.rows.map((row) => row.workload))) {
    const rows = report.rows.filter((row) => row.workload === workload);
    const ratios = report.ratios.filter((ratio) => ratio.workload === workload);
    const height = panelHead + rows.length * (bar.height + bar.gap) + panelFoot;
    parts.push(panel({ workload, rows, ratios, rates, y, height: height - 14 }));
    y += height;
  }
  const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
  const { cores, cpuModel } = report.machine;
  const subtitle = `${cores} x ${cpuModel}, ${report.startedAt.slice(0, 10)}. Each step is ten times as much; lines show the spread of the rounds.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="${font}" font-size="13">`,
    `<path d="M0 0H${width}V${y}H0Z" fill="${paint.ground}"/>`,
    text(`${report.suite}: operations per second`, { x: 24, y: 38, size: 22, weight: 600 }),
    text(subtitle, { x: 24, y: 62, fill: paint.faint }),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** What a bar shows. */
interface Figure {
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

const rateOf = (row: Row): Figure => ({
  middle: row.perSecond,
  least: row.perSecondMin,
  most: row.perSecondMax,
});

const timeOf = (us: number | undefined): Figure => ({
  middle: us ?? 0,
  least: us ?? 0,
  most: us ?? 0,
});

interface Panel {
  readonly workload: string;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  readonly rates: Scale;
  readonly y: number;
  readonly height: number;
}

function panel({ height, rates, ratios, rows, workload, y }: Panel): string {
  const measure = ratios.find(({ measure: of }) => /^p(50|99)Ms$/.test(of))?.measure;
  const figureOf =
    measure === undefined
      ? rateOf
      : (row: Row) => timeOf(measure === "p50Ms" ? row.p50Us : row.p99Us);
  const scale = measure === undefined ? rates : scaleOf(rows.map(figureOf));
  const unit =
    measure === undefined ? "" : `, ${measure.slice(0, 3)} in microseconds: less is better`;
  const first = y + panelHead;
  const last = first + rows.length * (bar.height + bar.gap);
  return [
    `<path d="${rounded({ x: 12, y, width: width - 24, height, radius: 8 })}" fill="${paint.panel}"/>`,
    text(`${workload}${unit}`, { x: 24, y: y + 25, size: 15, weight: 600 }),
    ...scale.powers.flatMap((power) => {
      const x = scale.at(10 ** power).toFixed(1);
      return [
        `<line x1="${x}" x2="${x}" y1="${first - 4}" y2="${last}" stroke="${paint.grid}"/>`,
        text(short(10 ** power), {
          x,
          y: last + 15,
          size: 11,
          fill: paint.faint,
          anchor: "middle",
        }),
      ];
    }),
    ...rows.map((row, index) =>
      barOf(row, {
        y: first + index * (bar.height + bar.gap),
        figure: figureOf(row),
        at: scale.at,
        ratio: ratios.find(
          (ratio) => ratio.against === row.peer && ratio.measure === (measure ?? "perSecond"),
        ),
      }),
    ),
  ].join("\n");
}

function barOf(
  row: Row,
  place: {
    readonly y: number;
    readonly figure: Figure;
    readonly at: (figure: number) => number;
    readonly ratio: Ratio | undefined;
  },
): string {
  const { at, figure, ratio, y } = place;
  const middle = y + bar.height / 2;
  const isOurs = row.peer === "troupe";
  const isLimit = /^the (limit|floor)$/.test(row.variant);
  const fill = isOurs ? paint.ours : isLimit ? paint.limit : paint.peer;
  const length = Math.max(at(figure.middle) - plot.left, 2).toFixed(1);
  const name = row.variant === "" ? row.peer : `${row.peer} (${row.variant})`;
  const baseline = middle + 4.5;
  const weight = isOurs ? 600 : 400;
  return [
    `<g><title>${escaped(`${name}: ${Math.round(figure.middle * 100) / 100}`)}</title>`,
    text(row.peer, { x: plot.left - 10, y: baseline, anchor: "end", weight }),
    `<rect x="${plot.left}" y="${y}" width="${length}" height="${bar.height}" rx="3" fill="${fill}"/>`,
    `<line x1="${at(figure.least).toFixed(1)}" x2="${at(figure.most).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="${paint.text}" stroke-width="1.5"/>`,
    text(short(figure.middle), { x: plot.right + 16, y: baseline, weight }),
    ...(ratio ? [verdict(ratio, baseline)] : []),
    "</g>",
  ].join("\n");
}

function verdict(ratio: Ratio, y: number): string {
  const figure = Number(ratio.ratio.toPrecision(2));
  const words = `${figure}${ratio.as === "ratio" ? "x" : " ms more"}, goal ${ratio.goal}`;
  return text(`${ratio.met ? "met" : "not met"}: ${words}`, {
    ...{ x: plot.right + 80, y, size: 12 },
    fill: ratio.met ? paint.met : paint.missed,
  });
}

interface Scale {
  readonly powers: readonly number[];
  readonly at: (figure: number) => number;
}

/** From a power of ten below the least to one above the most; at least one whole power. */
function scaleOf(figures: readonly Figure[]): Scale {
  const logs = figures
    .flatMap(({ least, most }) => [least, most])
    .filter((figure) => figure > 0)
    .map(Math.log10);
  const from = Math.floor(Math.min(...logs) - 0.1);
  const to = Math.max(from + 1, Math.ceil(Math.max(...logs)));
  const step = (plot.right - plot.left) / (to - from);
  return {
    powers: Array.from({ length: to - from + 1 }, (_, index) => from + index),
    at: (figure) => plot.left + (Math.log10(Math.max(figure, 10 ** from)) - from) * step,
  };
}

const units = [
  [1e9, " G"],
  [1e6, " M"],
  [1e3, " k"],
] as const;

/** Three digits that count, with the unit's prefix. */
function short(figure: number): string {
  const [size, unit] = units.find(([least]) => figure >= least) ?? [1, ""];
  return `${Number((figure / size).toPrecision(3))}${unit}`;
}

function rounded(box: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly radius: number;
}): string {
  const { height, radius: r, width: w, x, y } = box;
  const turn = (dx: number, dy: number): string => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  return `M${x + r} ${y}h${w - 2 * r}${turn(r, r)}v${height - 2 * r}${turn(-r, r)}h${2 * r - w}${turn(-r, -r)}v${2 * r - height}${turn(r, -r)}z`;
}

function text(
  words: string,
  of: {
    readonly x: number | string;
    readonly y: number;
    readonly size?: number;
    readonly weight?: number;
    readonly fill?: string;
    readonly anchor?: "end" | "middle";
  },
): string {
  const { anchor = "start", fill = paint.text, size = 13, weight = 400, x, y } = of;
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escaped(words)}</text>`;
}

const escaped = (words: string): string =>
  words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
