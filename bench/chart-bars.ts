// A panel of bars: one workload in one measure, one bar a contender on a scale of powers of ten, a line
// from the least to the greatest round, and what became of the goals. Pure.
//
//   W1 tell                     operations per second
//     troupe      ███████████━━─        16.7 M
//     bare loop   ███████████████─      29.4 M   ✗ 0.57x (≥ 0.6)
//                10 k   1 M    100 M
import type { Measure, Ratio, Row } from "./contest.ts";
import { type LogScale, logScale } from "./log-scale.ts";
import { type Box, escaped, line, paint, panelBack, short, text, tidy } from "./svg.ts";

export interface BarPanel {
  readonly workload: string;
  readonly measure: Measure;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

const pitch = 22;
const thickness = 15;
const head = 52;
const foot = 34;
const labelWidth = 184;
/** Right of the bars: a figure, and what it means for a goal. */
const figureWidth = 60;
const verdictWidth = 134;

const units: Readonly<Record<Measure, string>> = {
  perSecond: "operations per second",
  p50Ms: "half of all within so many microseconds: less is better",
  p99Ms: "99 of 100 within so many microseconds: less is better",
  bytes: "bytes of heap each: less is better",
  residentBytes: "bytes of the machine's memory each: less is better",
  decibels: "decibels between signal and error: more is better",
  similarity: "structural similarity, 1 is equal: more is better",
};

export const barPanelHeight = ({ rows }: BarPanel): number => head + rows.length * pitch + foot;

/** All panels of rates share the scale of `rates`. */
export function drawBars(panel: BarPanel, box: Box, rates: readonly number[]): string {
  const { measure, ratios, rows, workload } = panel;
  const span = {
    from: box.x + labelWidth,
    to: box.x + box.width - figureWidth - verdictWidth,
  };
  const isRate = measure === "perSecond";
  const figures = isRate ? rates : rows.map((row) => figureOf(row, measure) ?? 0);
  const scale = logScale(figures, span);
  const first = box.y + head;
  const last = first + rows.length * pitch;
  return [
    panelBack(box),
    text(workload, { x: box.x + 14, y: box.y + 23, size: 14, weight: 600 }),
    text(units[measure], { x: box.x + 14, y: box.y + 40, size: 11, fill: paint.faint }),
    grid(scale, { top: first - 4, bottom: last, ...span }),
    ...rows.map((row, index) =>
      bar(row, {
        ...{ y: first + index * pitch, left: span.from, right: span.to, at: scale.at, measure },
        ratio: ratios.find((ratio) => ratio.measure === measure && isAbout(ratio, row)),
      }),
    ),
  ].join("\n");
}

/** A goal that names no peer is about ourselves. */
const isAbout = ({ against }: Ratio, { peer }: Row): boolean =>
  against === "" ? peer === "troupe" : against === peer;

export function figureOf(row: Row, measure: Measure): number | undefined {
  switch (measure) {
    case "perSecond":
      return row.perSecond;
    case "p50Ms":
      return row.p50Us;
    case "p99Ms":
      return row.p99Us;
    case "bytes":
      return row.bytes;
    case "residentBytes":
      return row.residentBytes;
    case "decibels":
      return row.decibels;
    case "similarity":
      return row.similarity;
    default:
      return measure satisfies never;
  }
}

function grid(
  { at, powers }: LogScale,
  area: {
    readonly top: number;
    readonly bottom: number;
    readonly from: number;
    readonly to: number;
  },
): string {
  const stepWidth = (area.to - area.from) / (powers.length - 1);
  const everyNth = stepWidth < 36 ? 2 : 1;
  return powers
    .flatMap((power, index) => {
      const x = at(10 ** power);
      const rule = line({ x, y: area.top }, { x, y: area.bottom }, { colour: paint.grid });
      const label = { x, y: area.bottom + 14, size: 10, fill: paint.faint, anchor: "middle" };
      return index % everyNth === 0
        ? [rule, text(short(10 ** power), { ...label, anchor: "middle" })]
        : [rule];
    })
    .join("\n");
}

function bar(
  row: Row,
  place: {
    readonly y: number;
    readonly left: number;
    readonly right: number;
    readonly at: (figure: number) => number;
    readonly measure: Measure;
    readonly ratio: Ratio | undefined;
  },
): string {
  const { at, left, measure, ratio, right, y } = place;
  const figure = figureOf(row, measure) ?? 0;
  const middle = y + thickness / 2;
  const baseline = middle + 4;
  const weight = row.peer === "troupe" ? 600 : 400;
  const name = row.variant === "" ? row.peer : `${row.peer} (${row.variant})`;
  const length = tidy(Math.max(at(figure) - left, 2));
  const spread = { from: at(row.perSecondMin), to: at(row.perSecondMax) };
  return [
    `<g><title>${escaped(`${name}: ${Math.round(figure * 100) / 100}`)}</title>`,
    text(row.peer, { x: left - 8, y: baseline, anchor: "end", weight }),
    `<rect x="${left}" y="${y}" width="${length}" height="${thickness}" rx="3" fill="${colourOf(row)}"/>`,
    ...(measure === "perSecond"
      ? [
          line(
            { x: spread.from, y: middle },
            { x: spread.to, y: middle },
            { colour: paint.text, width: 1.5 },
          ),
        ]
      : []),
    text(short(figure), { x: right + 12, y: baseline, weight }),
    ...(ratio ? [verdict(ratio, { x: right + figureWidth + 6, y: baseline })] : []),
    "</g>",
  ].join("\n");
}

export function colourOf({ peer, variant }: Pick<Row, "peer" | "variant">): string {
  if (peer === "troupe") return paint.ours;
  return /^the (limit|floor)$/.test(variant) ? paint.limit : paint.peer;
}

function verdict(ratio: Ratio, at: { readonly x: number; readonly y: number }): string {
  const sign = ratio.met ? "✓" : "✗";
  const words = `${sign} ${amountOf(ratio)} (${goalOf(ratio)})`;
  return text(words, { ...at, size: 11, fill: ratio.met ? paint.met : paint.missed });
}

export function amountOf({ as, measure, ratio }: Ratio): string {
  const figure = Number(ratio.toPrecision(2));
  if (as === "ratio") return `${figure}x`;
  const unit = measure.endsWith("Ms") ? " ms" : measure === "decibels" ? " dB" : "";
  return as === "difference" ? `${figure < 0 ? "" : "+"}${figure}${unit}` : short(ratio) + unit;
}

export const goalOf = ({ goal }: Ratio): string =>
  goal
    .replace(">=", "≥")
    .replace("<=", "≤")
    .replace(/\d{4,}/, (digits) => short(Number(digits)));
