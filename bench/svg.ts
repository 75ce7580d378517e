// The few shapes that charts are drawn with, and their colours. Pure: each answers a piece of SVG.

export const paint = {
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

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const panelBack = ({ x, y, width, height }: Box): string =>
  `<path d="${rounded({ x, y, width, height }, 8)}" fill="${paint.panel}"/>`;

/** A path and no `rect`: those are bars. */
function rounded({ height, width, x, y }: Box, r: number): string {
  const turn = (dx: number, dy: number): string => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  return `M${x + r} ${y}h${width - 2 * r}${turn(r, r)}v${height - 2 * r}${turn(-r, r)}h${2 * r - width}${turn(-r, -r)}v${2 * r - height}${turn(r, -r)}z`;
}

export function text(
  words: string,
  of: {
    readonly x: number;
    readonly y: number;
    readonly size?: number;
    readonly weight?: number;
    readonly fill?: string;
    readonly anchor?: "end" | "middle";
  },
): string {
  const { anchor = "start", fill = paint.text, size = 12, weight = 400, x, y } = of;
  return `<text x="${tidy(x)}" y="${tidy(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escaped(words)}</text>`;
}

export function line(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
  stroke: { readonly colour: string; readonly width?: number },
): string {
  const ends = `x1="${tidy(from.x)}" y1="${tidy(from.y)}" x2="${tidy(to.x)}" y2="${tidy(to.y)}"`;
  return `<line ${ends} stroke="${stroke.colour}" stroke-width="${stroke.width ?? 1}"/>`;
}

export const dot = (at: { readonly x: number; readonly y: number }, colour: string): string =>
  `<circle cx="${tidy(at.x)}" cy="${tidy(at.y)}" r="4.5" fill="${colour}"/>`;

export const escaped = (words: string): string =>
  words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

export const tidy = (figure: number): number => Math.round(figure * 10) / 10;

const units = [
  [1e9, " G"],
  [1e6, " M"],
  [1e3, " k"],
] as const;

/** Three digits that count, with the unit's prefix. */
export function short(figure: number): string {
  const [size, unit] = units.find(([least]) => figure >= least) ?? [1, ""];
  return `${Number((figure / size).toPrecision(3))}${unit}`;
}
