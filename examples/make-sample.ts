// Makes the damaged photograph that a new cluster repairs first: `node --import tsx
// examples/make-sample.ts` writes sample/photograph.jpg and sample/mask.png. Letters and scratches are
// drawn as lines, so that no font of this machine decides how they look; the mask is the same lines,
// a little wider, so that it also covers what smoothing and JPEG smear around them.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const photograph = fileURLToPath(new URL("photographs/seeding.jpg", import.meta.url));
const folder = new URL("sample/", import.meta.url);
const size = { width: 1280, height: 720 };
/** How far the mask reaches beyond a line, each way, in pixels. */
const maskMargin = 3;

interface Line {
  readonly path: string;
  readonly colour: string;
  readonly lineWidth: number;
  readonly transform?: string;
}

/** Letters in a box four wide and six high. */
const letters: Readonly<Record<string, string>> = {
  A: "M0 6 L2 0 L4 6 M0.8 4 H3.2",
  E: "M4 0 H0 V6 H4 M0 3 H3",
  L: "M0 0 V6 H4",
  M: "M0 6 V0 L2 3 L4 0 V6",
  O: "M2 0 C4.6 0 4.6 6 2 6 C-0.6 6 -0.6 0 2 0 Z",
  P: "M0 6 V0 H2.4 C4.5 0 4.5 3.2 2.4 3.2 H0",
  R: "M0 6 V0 H2.4 C4.5 0 4.5 3 2.4 3 H0 M2 3 L4 6",
  S: "M3.8 0.9 C2.8 -0.5 0.2 -0.3 0.2 1.5 C0.2 3.4 3.9 2.6 3.9 4.6 C3.9 6.4 0.8 6.5 0.1 5",
  T: "M0 0 H4 M2 0 V6",
  U: "M0 0 V4 C0 6.7 4 6.7 4 4 V0",
};
const letterPitch = 5.6;

const scratches: readonly Line[] = [
  { path: "M40 0 C90 210 130 420 95 720", colour: "#f4efe2", lineWidth: 4 },
  { path: "M0 250 C300 215 640 330 1280 262", colour: "#efe9da", lineWidth: 3 },
  { path: "M760 0 C735 150 800 330 742 505", colour: "#fbf8ee", lineWidth: 5 },
  { path: "M1010 40 C1060 200 985 420 1075 700", colour: "#e9e2d0", lineWidth: 3 },
  { path: "M230 30 C300 90 420 110 560 66", colour: "#fffdf6", lineWidth: 4 },
  { path: "M120 640 C190 560 250 520 300 395", colour: "#f1ebdc", lineWidth: 5 },
  { path: "M830 690 C905 610 1090 560 1270 585", colour: "#ece5d3", lineWidth: 4 },
  { path: "M1120 20 C1150 70 1225 130 1272 142", colour: "#5a4632", lineWidth: 4 },
  { path: "M455 300 C470 380 520 420 610 452", colour: "#f7f2e6", lineWidth: 3 },
  { path: "M640 20 L700 120 M655 15 L668 60", colour: "#f7f2e6", lineWidth: 3 },
];

const writing: readonly Line[] = [
  ...written("TROUPE", "translate(520 545) rotate(-4) scale(13)", {
    colour: "#ff5a1f",
    lineWidth: 9,
  }),
  ...written("SAMPLE", "translate(890 345) rotate(6) scale(8)", {
    colour: "#fff6d8",
    lineWidth: 6,
  }),
];

const lines = [...scratches, ...writing];

await mkdir(folder, { recursive: true });
await sharp(photograph)
  .composite([{ input: drawing(lines), left: 0, top: 0 }])
  .jpeg({ quality: 90, chromaSubsampling: "4:4:4" })
  .toFile(fileURLToPath(new URL("photograph.jpg", folder)));
const holes = lines.map((line) => ({
  ...line,
  colour: "#ffffff",
  lineWidth: line.lineWidth + 2 * maskMargin,
}));
const drawnHoles = await sharp({ create: { ...size, channels: 3, background: "#000000" } })
  .composite([{ input: drawing(holes), left: 0, top: 0 }])
  .removeAlpha()
  .png()
  .toBuffer();
await sharp(drawnHoles)
  .threshold(64)
  .toColourspace("b-w")
  .png({ compressionLevel: 9 })
  .toFile(fileURLToPath(new URL("mask.png", folder)));

function written(
  word: string,
  transform: string,
  pen: { readonly colour: string; readonly lineWidth: number },
): Line[] {
  return [...word].map((letter, index) => {
    const path = letters[letter];
    if (path === undefined) throw new RangeError(`no drawing of ${letter}; add it to letters`);
    return { path, transform: `${transform} translate(${index * letterPitch} 0)`, ...pen };
  });
}

// Lines keep their width under the letters' scale.
function drawing(strokes: readonly Line[]): Buffer {
  const paths = strokes.map(
    ({ path, colour, lineWidth, transform = "" }) =>
      `<path d="${path}" transform="${transform}" stroke="${colour}" stroke-width="${lineWidth}" vector-effect="non-scaling-stroke"/>`,
  );
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">` +
      `<g fill="none" stroke-linecap="round" stroke-linejoin="round">${paths.join("")}</g></svg>`,
  );
}
