// Photographs with writing on them, made for the tests: which pixels the writing changed is known exactly.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const photographs = fileURLToPath(new URL("../../../../examples/photographs/", import.meta.url));

export interface Line {
  readonly text: string;
  readonly font: "DejaVu Sans" | "DejaVu Serif" | "DejaVu Sans Mono";
  readonly weight: "normal" | "bold";
  /** Pixels of the letters' square. */
  readonly size: number;
  /** Degrees, clockwise. */
  readonly turn: number;
  /** Where it begins: shares of width and height. */
  readonly at: readonly [x: number, y: number];
  readonly ink: "white" | "black" | "yellow" | "red" | "blue";
}

export interface WrittenPicture {
  readonly width: number;
  readonly height: number;
  /** With the writing, without loss. */
  readonly file: Buffer;
  /** RGB samples without the writing, and with it. */
  readonly before: Buffer;
  readonly after: Buffer;
  /** 1 for each pixel that the writing changed. */
  readonly ink: Uint8Array;
}

/** The photograph at that width with the lines over it, each with an outline that makes it legible. */
export async function writtenPicture(
  name: string,
  width: number,
  lines: readonly Line[],
): Promise<WrittenPicture> {
  const clean = await sharp(`${photographs}${name}.jpg`).resize(width).png().toBuffer();
  const before = await samplesOf(clean);
  const { height } = before.info;
  const texts = lines.map(({ text, font, weight, size, turn, at: [x, y], ink }) => {
    const place = `x="${x * width}" y="${y * height}" transform="rotate(${turn} ${x * width} ${y * height})"`;
    const rim = ink === "black" || ink === "blue" ? "white" : "black";
    const style = `fill="${ink}" stroke="${rim}" stroke-width="${size / 10}" paint-order="stroke"`;
    return `<text ${place} ${style} font-family="${font}" font-size="${size}" font-weight="${weight}">${text}</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${texts.join("")}</svg>`;
  const written = sharp(clean).composite([{ input: Buffer.from(svg) }]);
  const file = await written.png().toBuffer();
  const after = await samplesOf(file);
  const ink = Uint8Array.from({ length: width * height }, (_, at) =>
    [0, 1, 2].some((channel) => before.data[at * 3 + channel] !== after.data[at * 3 + channel])
      ? 1
      : 0,
  );
  const inked = ink.reduce((sum, one) => sum + one, 0);
  assert.ok(lines.length === 0 || inked > 500, "there are no fonts to write with");
  return { width, height, file, before: before.data, after: after.data, ink };
}

export const samplesOf = (file: Uint8Array) =>
  sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });

const line = (
  text: string,
  [x, y]: Line["at"],
  terms: Partial<Omit<Line, "text" | "at">>,
): Line => ({
  ...{ text, at: [x, y], font: "DejaVu Sans", weight: "normal", size: 40, turn: 0, ink: "white" },
  ...terms,
});

/** Of sizes from 16 to 120 pixels, level, slanted and upright, in three families. */
export const samples: readonly (readonly [string, number, readonly Line[]])[] = [
  [
    "bridge",
    1_280,
    [
      line("Grand Opening", [0.05, 0.15], { size: 90, weight: "bold" }),
      line("since 1998", [0.6, 0.35], { font: "DejaVu Serif", ink: "yellow" }),
      line("mind the gap, please", [0.08, 0.55], {
        size: 28,
        font: "DejaVu Sans Mono",
        ink: "black",
      }),
      line("SALE", [0.5, 0.85], { size: 120, weight: "bold", turn: -20, ink: "red" }),
    ],
  ],
  [
    "seeding",
    1_280,
    [
      line("planting season", [0.1, 0.2], { size: 64, font: "DejaVu Serif", turn: 12 }),
      line("copyright 2019 the grower", [0.6, 0.93], { size: 20 }),
      line("upwards", [0.93, 0.7], { size: 48, turn: -90, ink: "yellow" }),
    ],
  ],
  [
    "skyline",
    640,
    [
      line("ripe and sweet", [0.1, 0.2], { size: 34, ink: "blue", weight: "bold" }),
      line("half a fig", [0.68, 0.35], { size: 30, font: "DejaVu Serif", turn: 30 }),
      line("40-221 b", [0.08, 0.8], { size: 18, font: "DejaVu Sans Mono", ink: "black" }),
    ],
  ],
  [
    "mountains",
    1_280,
    [
      line("A walk in the hills", [0.05, 0.12], { size: 100, font: "DejaVu Serif", ink: "yellow" }),
      line("day three of seven", [0.55, 0.5], { size: 36, turn: -8 }),
      line("photograph 12 of 40", [0.05, 0.95], { size: 22, ink: "black" }),
      line("Exit", [0.75, 0.85], { size: 80, weight: "bold", turn: 45, ink: "red" }),
    ],
  ],
];
