// A bar chart of rows as SVG: one group a workload, one bar a peer, drawn to the group's greatest
// rate, with a line from the least to the greatest round. Pure.
import type { Row } from "./harness.ts";

const size = { width: 900, label: 220, bar: 480, barHeight: 22, gap: 8, groupGap: 30, top: 50 };

export function chartOf(title: string, rows: readonly Row[]): string {
  const parts: string[] = [];
  let y = size.top;
  for (const workload of new Set(rows.map((row) => row.workload))) {
    const group = rows.filter((row) => row.workload === workload);
    const most = Math.max(...group.map((row) => row.perSecondMax));
    parts.push(text({ x: 10, y: y + 4, weight: "bold", words: workload }));
    y += 14;
    for (const row of group) {
      parts.push(bar(row, { y, most }));
      y += size.barHeight + size.gap;
    }
    y += size.groupGap;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${y}" font-family="sans-serif" font-size="13">`,
    `<rect width="${size.width}" height="${y}" fill="#ffffff"/>`,
    text({ x: 10, y: 24, weight: "bold", words: `${title}: operations per second` }),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function bar(row: Row, at: { readonly y: number; readonly most: number }): string {
  const x = (perSecond: number): string =>
    (size.label + (perSecond / at.most) * size.bar).toFixed(1);
  const middle = at.y + size.barHeight / 2;
  const fill = row.peer === "troupe" ? "#2f6f9f" : "#b8c4cc";
  const width = ((row.perSecond / at.most) * size.bar).toFixed(1);
  const name = row.variant === "" ? row.peer : `${row.peer} (${row.variant})`;
  return [
    text({ x: 10, y: middle + 5, weight: "normal", words: name }),
    `<rect x="${size.label}" y="${at.y}" width="${width}" height="${size.barHeight}" fill="${fill}"/>`,
    `<line x1="${x(row.perSecondMin)}" x2="${x(row.perSecondMax)}" y1="${middle}" y2="${middle}" stroke="#333333"/>`,
    text({
      x: size.label + size.bar + 12,
      y: middle + 5,
      weight: "normal",
      words: `${Math.round(row.perSecond * 100) / 100} /s`,
    }),
  ].join("\n");
}

function text(of: {
  readonly x: number;
  readonly y: number;
  readonly weight: "bold" | "normal";
  readonly words: string;
}): string {
  return `<text x="${of.x}" y="${of.y}" font-weight="${of.weight}">${escaped(of.words)}</text>`;
}

const escaped = (words: string): string =>
  words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
