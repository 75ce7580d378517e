// Pure. Faces in the answer of a RetinaFace network. It answers for boxes that lie in a grid over the picture
// (two sizes at each of three distances): how likely one is a face, how far face and landmarks are from it.
// (Deng et al., 2020; the numbers are those of the network's usual training)

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Face {
  readonly score: number;
  /** Left eye, right eye, nose, left and right corner of the mouth, as they are seen. */
  readonly landmarks: readonly Point[];
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface FaceTensors {
  /** Four a box: offsets of its centre, and of its size as logarithms. */
  readonly places: Float32Array;
  /** Two a box: how likely it is none, and one. */
  readonly scores: Float32Array;
  /** Ten a box. */
  readonly landmarks: Float32Array;
}

const grids = [
  { step: 8, sizes: [16, 32] },
  { step: 16, sizes: [64, 128] },
  { step: 32, sizes: [256, 512] },
] as const;
const [ofCentre, ofSize] = [0.1, 0.2];

const scoreMin = 0.97;
const overlapMax = 0.4;
/** Of one picture. More: those with the lowest scores are left as they are. */
export const facesMax = 32;

interface Prior {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** In pixels of what the network was shown, in the order of its answer. */
export function priorsOf({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): readonly Prior[] {
  return grids.flatMap(({ step, sizes }) => {
    const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
    return Array.from({ length: rows * columns }, (_, at) => ({
      x: ((at % columns) + 0.5) * step,
      y: (Math.floor(at / columns) + 0.5) * step,
    })).flatMap((place) => sizes.map((size) => ({ ...place, size })));
  });
}

/** The best first; of those that overlap only the best. Where they lie in what the network was shown. */
export function facesIn(tensors: FaceTensors, priors: readonly Prior[]): readonly Face[] {
  const likely = priors
    .flatMap((prior, at) => {
      const score = tensors.scores[at * 2 + 1] ?? 0;
      return score > scoreMin ? [faceAt(tensors, { prior, at, score })] : [];
    })
    .sort((a, b) => b.score - a.score);
  const faces: Face[] = [];
  for (const face of likely) {
    if (faces.length === facesMax) break;
    if (faces.every((other) => overlap(face, other) <= overlapMax)) faces.push(face);
  }
  return faces;
}

function faceAt(
  { places, landmarks }: FaceTensors,
  { prior, at, score }: { readonly prior: Prior; readonly at: number; readonly score: number },
): Face {
  const { x, y, size } = prior;
  const [across = 0, down = 0, wider = 0, higher = 0] = places.subarray(at * 4, at * 4 + 4);
  const near = (offset: number) => offset * ofCentre * size;
  const half = (offset: number) => (size * Math.exp(offset * ofSize)) / 2;
  const [centreX, centreY] = [x + near(across), y + near(down)];
  return {
    score,
    left: centreX - half(wider),
    right: centreX + half(wider),
    top: centreY - half(higher),
    bottom: centreY + half(higher),
    landmarks: Array.from({ length: 5 }, (_, index) => ({
      x: x + near(landmarks[at * 10 + 2 * index] ?? 0),
      y: y + near(landmarks[at * 10 + 2 * index + 1] ?? 0),
    })),
  };
}

/** What two boxes share of what they cover together. */
function overlap(a: Face, b: Face): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (face: Face) => (face.right - face.left) * (face.bottom - face.top);
  return (width * height) / (area(a) + area(b) - width * height);
}
