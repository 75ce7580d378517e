// A picture for people: a column for the photograph, one for its holes, and one for each inpainter, so
// that the eye may judge what figures cannot.
import sharp from "sharp";
import { samples } from "./photographs.ts";
import type { Inpaint, Picture } from "./picture.ts";
import type { View } from "./sample-pictures.ts";
import type { MaskKind } from "./synthetic-masks.ts";
import { holed, type Trial, trialsOf } from "./trials.ts";

interface Scene {
  /** One of the samples. */
  readonly photograph: string;
  readonly view: View;
  readonly kind: MaskKind;
}

const scenes: readonly Scene[] = [
  { photograph: "bridge", view: "right", kind: "text" },
  { photograph: "bridge", view: "whole", kind: "blobs" },
  { photograph: "skyline", view: "whole", kind: "blobs" },
  { photograph: "seeding", view: "whole", kind: "scratches" },
  { photograph: "mountains", view: "whole", kind: "scratches" },
  { photograph: "skyline", view: "right", kind: "border" },
];
interface Corner {
  readonly left: number;
  readonly top: number;
}

const cutSide = 144;
const searchStep = 8;
const tileSide = 216;
const gap = 8;
const labelHeight = 28;

/** Writes `inpainting.jpg`. */
export async function writeContactSheet(
  inpainters: readonly {
    readonly peer: string;
    readonly inpaint: (trial: Trial) => Inpaint;
  }[],
  { seed, folder }: { readonly seed: number; readonly folder: string },
): Promise<void> {
  const tiles: { readonly input: Buffer; readonly left: number; readonly top: number }[] = [];
  for (const [row, scene] of scenes.entries()) {
    const trial = await trialOf(scene, seed);
    const { picture, mask } = trial;
    const corner = cutOf(trial);
    const pictures = [picture, holed(trial)];
    for (const { inpaint } of inpainters) {
      pictures.push({ ...picture, data: await inpaint(trial)(picture, mask) });
    }
    for (const [index, shown] of pictures.entries()) {
      const left = gap + index * (tileSide + gap);
      const top = labelHeight + gap + row * (tileSide + gap);
      tiles.push({ input: await tileOf(shown, corner), left, top });
    }
  }
  const names = ["photograph", "holes", ...inpainters.map(({ peer }) => peer)];
  const width = gap + names.length * (tileSide + gap);
  const height = labelHeight + gap + scenes.length * (tileSide + gap);
  await sharp({ create: { width, height, channels: 3, background: "#ffffff" } })
    .composite([{ input: labels(names, width), left: 0, top: 0 }, ...tiles])
    .jpeg({ quality: 88 })
    .toFile(`${folder}/inpainting.jpg`);
  console.error(`Written: ${folder}/inpainting.jpg`);
}

async function trialOf({ photograph, view, kind }: Scene, seed: number): Promise<Trial> {
  const sample = samples.find(({ name }) => name === photograph);
  const trials = sample ? await trialsOf(sample, seed) : [];
  const trial = trials.find((other) => other.view === view && other.kind === kind);
  if (!trial) throw new Error(`no trial of ${photograph} ${view} with ${kind}`);
  return trial;
}

/** The corner of the cut with the most hole pixels, so that no one picks what is shown. */
function cutOf({ picture, mask }: Trial): Corner {
  let best = { left: 0, top: 0, count: -1 };
  for (let top = 0; top + cutSide <= picture.height; top += searchStep) {
    for (let left = 0; left + cutSide <= picture.width; left += searchStep) {
      let count = 0;
      for (let y = top; y < top + cutSide; y++) {
        const from = y * picture.width + left;
        count += mask.subarray(from, from + cutSide).filter((level) => level > 0).length;
      }
      if (count > best.count) best = { left, top, count };
    }
  }
  return best;
}

async function tileOf({ width, height, data }: Picture, { left, top }: Corner): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left, top, width: cutSide, height: cutSide })
    .resize({ width: tileSide, kernel: "cubic" })
    .png()
    .toBuffer();
}

function labels(names: readonly string[], width: number): Buffer {
  const texts = names.map((name, index) => {
    const middle = gap + index * (tileSide + gap) + tileSide / 2;
    return `<text x="${middle}" y="24" text-anchor="middle">${name}</text>`;
  });
  const style = `font-family="system-ui, sans-serif" font-size="17" fill="#333333"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${labelHeight}" ${style}>`;
  return Buffer.from(`${svg}${texts.join("")}</svg>`);
}
