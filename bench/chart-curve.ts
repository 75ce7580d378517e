// A curve over a growing number: workloads whose titles differ only in it (`W4 scattered over 1,000`)
// are one panel, nanoseconds an operation. Level is what one hopes for. Pure.
import { colourOf } from "./chart-bars.ts";
import type { Row } from "./contest.ts";
import { logScale } from "./log-scale.ts";
import { type Box, dot, line, paint, panelBack, short, text, tidy } from "./svg.ts";

export interface Curve {
  /** `W4 scattered`. */
  readonly title: string;
  /** Ascending. */
  readonly points: readonly { readonly over: number; readonly rows: readonly Row[] }[];
}

export const curveHeight = 252;

/** Of three numbers or more; two make no curve. */
export function curvesIn(rows: readonly Row[]): readonly Curve[] {
  const found = new Map<string, Map<number, Row[]>>();
  for (const row of rows) {
    const [, title, number] = /^(.+) over ([\d,]+)$/.exec(row.workload) ?? [];
    if (title === undefined || number === undefined) continue;
    const points = found.get(title) ?? new Map<number, Row[]>();
    const over = Number(number.replaceAll(",", ""));
    found.set(title, points.set(over, [...(points.get(over) ?? []), row]));
  }
  return [...found]
    .filter(([, points]) => points.size >= 3)
    .map(([title, points]) => ({
      title,
      points: [...points].map(([over, of]) => ({ over, rows: of })).sort((a, b) => a.over - b.over),
    }));
}

const nanosecondsOf = (row: Row): number => 1e9 / row.perSecond;

export function drawCurve({ points, title }: Curve, box: Box): string {
  const everywhere = (points[0]?.rows ?? []).filter(({ peer }) =>
    points.every(({ rows }) => rows.some((row) => row.peer === peer)),
  );
  const lines = everywhere.map((first) => ({
    first,
    dots: points.flatMap(({ over, rows }) => {
      const row = rows.find(({ peer }) => peer === first.peer);
      return row ? [{ over, nanoseconds: nanosecondsOf(row) }] : [];
    }),
  }));
  const [left, right, top, bottom] = [
    ...[box.x + 64, box.x + box.width - 150],
    ...[box.y + 62, box.y + box.height - 32],
  ];
  const across = logScale(
    points.map(({ over }) => over),
    { from: left ?? 0, to: right ?? 0 },
  );
  const up = logScale(
    lines.flatMap(({ dots }) => dots.map(({ nanoseconds }) => nanoseconds)),
    { from: bottom ?? 0, to: top ?? 0 },
  );
  const faint = { size: 10, fill: paint.faint } as const;
  return [
    panelBack(box),
    text(title, { x: box.x + 14, y: box.y + 23, size: 14, weight: 600 }),
    text("nanoseconds a message, over the number of actors: level is better", {
      ...{ x: box.x + 14, y: box.y + 40, size: 11, fill: paint.faint },
    }),
    ...up.powers.flatMap((power) => {
      const y = up.at(10 ** power);
      return [
        line({ x: left ?? 0, y }, { x: right ?? 0, y }, { colour: paint.grid }),
        text(short(10 ** power), { x: (left ?? 0) - 8, y: y + 4, anchor: "end", ...faint }),
      ];
    }),
    ...points.map(({ over }) =>
      text(short(over), {
        ...{ x: across.at(over), y: (bottom ?? 0) + 16, anchor: "middle", ...faint },
      }),
    ),
    ...lines.map(({ dots, first }) => {
      const places = dots.map(({ over, nanoseconds }) => ({
        x: across.at(over),
        y: up.at(nanoseconds),
      }));
      const path = places.map(({ x, y }) => `${tidy(x)},${tidy(y)}`).join(" ");
      return [
        `<polyline points="${path}" fill="none" stroke="${colourOf(first)}" stroke-width="2"/>`,
        ...places.map((place) => dot(place, colourOf(first))),
      ].join("\n");
    }),
    ...labels(
      lines.map(({ dots, first }) => {
        const nanoseconds = dots.at(-1)?.nanoseconds ?? 0;
        const words = `${first.peer} ${short(nanoseconds)}`;
        return { words, colour: colourOf(first), y: up.at(nanoseconds) + 4 };
      }),
      (right ?? 0) + 10,
    ),
  ].join("\n");
}

const labelPitch = 14;

/** Beside the ends of the lines; those that would touch are moved downward. */
function labels(
  ends: readonly { readonly words: string; readonly colour: string; readonly y: number }[],
  x: number,
): readonly string[] {
  let above = Number.NEGATIVE_INFINITY;
  return [...ends]
    .sort((a, b) => a.y - b.y)
    .map(({ colour, words, y }) => {
      above = Math.max(y, above + labelPitch);
      return text(words, { x, y: above, fill: colour, size: 11 });
    });
}
