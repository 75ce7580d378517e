// One trial: a picture, a mask, and what each inpainter makes of them.
import { decibels, similarity } from "./likeness.ts";
import type { Photograph } from "./photographs.ts";
import type { Inpaint, Picture } from "./picture.ts";
import { samplePicture, type View, views } from "./sample-pictures.ts";
import { type MaskKind, maskKinds, syntheticMask } from "./synthetic-masks.ts";

export interface Trial {
  /** Its name. */
  readonly photograph: string;
  readonly view: View;
  readonly kind: MaskKind;
  readonly picture: Picture;
  readonly mask: Uint8Array;
}

/** How near to the photograph, over the pixels of the holes. */
export interface Likeness {
  readonly decibels: number;
  readonly similarity: number;
}

/** Each view of a photograph with each kind of mask, drawn from the seed. */
export async function trialsOf(photograph: Photograph, seed: number): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  for (const view of views) {
    const picture = await samplePicture(photograph, view);
    for (const [index, kind] of maskKinds.entries()) {
      const mask = syntheticMask(kind, picture, seed + index);
      trials.push({ photograph: photograph.name, view, kind, picture, mask });
    }
  }
  return trials;
}

/** The picture with its holes in magenta, to look at. */
export function holed({ picture, mask }: Trial): Picture {
  const data = picture.data.map((sample, at) =>
    mask[Math.floor(at / 3)] ? (at % 3 === 1 ? 0 : 255) : sample,
  );
  return { ...picture, data };
}

/**
 * What an inpainter is given still has the photograph under the mask. The model does not look there;
 * OpenCV's methods come out worse when something else is there, so this favours them.
 */
export async function likenessOf({ picture, mask }: Trial, inpaint: Inpaint): Promise<Likeness> {
  const filled = await inpaint(picture, mask);
  return {
    decibels: decibels(picture, mask, filled),
    similarity: similarity(picture, mask, filled),
  };
}

/** The mean of decibels and of similarities. */
export const meanLikeness = (figures: readonly Likeness[]): Likeness => ({
  decibels: mean(figures.map((figure) => figure.decibels)),
  similarity: mean(figures.map((figure) => figure.similarity)),
});

const mean = (figures: readonly number[]): number =>
  figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
