// Pure. How much of a face that was made anew is seen in its picture: 0 to 1 for each pixel of an aligned face.
// Either by what a parsing network finds in it, or nearly all of its square:
//
//   parsed   skin, features, ears and hair; nothing of ground, hat, neck, necklace and clothes
//   square   all of it, but for a soft edge
//
// Both are those of facexlib's FaceRestoreHelper, which GFPGAN and RestoreFormer are used with. Its square is
// worn off and blurred in the picture, ours in the aligned face, by the same share of its side.
import { Failure } from "#protocols/failure.ts";
import { type FaceMask, faceSide } from "./face-alignment.ts";
import type { FloatTensor } from "./picture-network.ts";

// The classes of ParseNet: ground, skin, nose, glasses, two eyes, two brows, two ears, mouth, two lips, hair,
// hat, earring, necklace, neck, clothes.
const sharesOfClasses = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0] as const;

/** Nothing of a face is seen so near to its edges. */
const border = 10;

/** Of [1,19,512,512]: how likely each pixel is of each class. Fails with `model_failed`. */
export function parsedMask({ shape, data }: FloatTensor): FaceMask {
  const wanted = [1, sharesOfClasses.length, faceSide, faceSide];
  if (`${shape}` !== `${wanted}`) {
    throw new Failure("model_failed", `parser.onnx gave [${shape}]; expected [${wanted}]`);
  }
  const size = faceSide ** 2;
  const best = data.slice(0, size);
  const mask = new Float32Array(size).fill(sharesOfClasses[0]);
  for (const [index, share] of sharesOfClasses.entries()) {
    const plane = data.subarray(index * size, (index + 1) * size);
    for (let at = 0; at < size; at++) {
      const value = plane[at] ?? 0;
      if (Number.isNaN(value)) throw notNumbers();
      if (value <= (best[at] ?? 0)) continue;
      best[at] = value;
      mask[at] = share;
    }
  }
  const soft = blurred(blurred(mask, parsedBlur), parsedBlur);
  return soft.map((value, at) => (distanceToEdge(at) < border ? 0 : value));
}

const notNumbers = (): Failure =>
  new Failure("model_failed", "parser.onnx gave values that are not numbers");

/** A twentieth of the side is worn off, and the blur reaches as far both ways. */
const worn = Math.floor(faceSide / 20);

export function squareMask(): FaceMask {
  const inner = Float32Array.from({ length: faceSide ** 2 }, (_, at) =>
    distanceToEdge(at) > worn ? 1 : 0,
  );
  return blurred(inner, { reach: worn, sigma: 0.3 * (worn - 1) + 0.8 });
}

function distanceToEdge(at: number): number {
  const [x, y] = [at % faceSide, Math.floor(at / faceSide)];
  return Math.min(x, y, faceSide - 1 - x, faceSide - 1 - y);
}

interface Blur {
  /** Pixels each way. */
  readonly reach: number;
  readonly sigma: number;
}
const parsedBlur: Blur = { reach: 50, sigma: 11 };

/** By Gauss's bell, mirrored at the last pixels, as OpenCV's GaussianBlur. */
function blurred(mask: FaceMask, blur: Blur): FaceMask {
  const weights = bell(blur);
  const along = turned(blurredColumns(turned(mask), weights));
  return blurredColumns(along, weights);
}

// Row by row, so that whole rows are weighed at once.
function blurredColumns(mask: FaceMask, weights: readonly number[]): FaceMask {
  const result = new Float32Array(mask.length);
  const row = (y: number): Float32Array => {
    const last = faceSide - 1;
    const inside = y < 0 ? -y : y > last ? 2 * last - y : y;
    return mask.subarray(inside * faceSide, (inside + 1) * faceSide);
  };
  const sums = new Float64Array(faceSide);
  for (let y = 0; y < faceSide; y++) {
    sums.fill(0);
    for (const [distance, weight] of weights.entries()) {
      const [above, below] = [row(y - distance), row(y + distance)];
      // The middle one is both above and below.
      const share = distance === 0 ? weight / 2 : weight;
      for (let x = 0; x < faceSide; x++) {
        sums[x] = (sums[x] ?? 0) + share * ((above[x] ?? 0) + (below[x] ?? 0));
      }
    }
    result.set(sums, y * faceSide);
  }
  return result;
}

function turned(mask: FaceMask): FaceMask {
  const result = new Float32Array(mask.length);
  for (let at = 0; at < mask.length; at++) {
    result[(at % faceSide) * faceSide + Math.floor(at / faceSide)] = mask[at] ?? 0;
  }
  return result;
}

/** From its middle outwards; all of it, both ways, is one. */
function bell({ reach, sigma }: Blur): readonly number[] {
  const heights = Array.from({ length: reach + 1 }, (_, x) =>
    Math.exp(-(x * x) / (2 * sigma ** 2)),
  );
  const whole = heights.reduce((sum, height, x) => sum + (x === 0 ? 1 : 2) * height, 0);
  return heights.map((height) => height / whole);
}
