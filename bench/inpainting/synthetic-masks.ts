// Masks of the kinds that people paint, made from a seed: scratches, text, blobs, and
// a torn border.
// A mask is one byte a pixel, row by row; 255 is a hole.

export interface MaskSize {
  readonly width: number;
  readonly height: number;
}

export const maskKinds = ["scratches", "text", "blobs", "border"] as const;
export type MaskKind = (typeof maskKinds)[number];

type Chance = () => number;

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** The same kind, size and seed give the same mask. */
export function syntheticMask(kind: MaskKind, size: MaskSize, seed: number): Uint8Array {
  const mask = new Uint8Array(size.width * size.height);
  const chance = seededChance(seed);
  switch (kind) {
    case "scratches":
      paintScratches(mask, size, chance);
      break;
    case "text":
      paintText(mask, size, chance);
      break;
    case "blobs":
      paintBlobs(mask, size, chance);
      break;
    case "border":
      paintBorder(mask, size, chance);
      break;
    default:
      kind satisfies never;
  }
  return mask;
}

/** A small generator of numbers in [0, 1): a 32-bit counter, well mixed. */
export function seededChance(seed: number): Chance {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let mixed = counter;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

function paintDisc(mask: Uint8Array, { width, height }: MaskSize, disc: Disc): void {
  const top = Math.max(0, Math.floor(disc.y - disc.radius));
  const bottom = Math.min(height - 1, Math.ceil(disc.y + disc.radius));
  const left = Math.max(0, Math.floor(disc.x - disc.radius));
  const right = Math.min(width - 1, Math.ceil(disc.x + disc.radius));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if ((x - disc.x) ** 2 + (y - disc.y) ** 2 <= disc.radius ** 2) mask[y * width + x] = 255;
    }
  }
}

// A scratch is a walk that keeps its heading but for small turns.
function paintScratches(mask: Uint8Array, size: MaskSize, chance: Chance): void {
  for (let scratch = 0; scratch < 24; scratch++) {
    let x = chance() * size.width;
    let y = chance() * size.height;
    let heading = chance() * 2 * Math.PI;
    const radius = 0.8 + (chance() * size.width) / 500;
    const stepCount = 40 + chance() * (size.width / 3);
    for (let step = 0; step < stepCount; step++) {
      paintDisc(mask, size, { x, y, radius });
      heading += (chance() - 0.5) * 0.15;
      x += Math.cos(heading);
      y += Math.sin(heading);
    }
  }
}

// Letters without a font: each is a few strokes between the nine points of a 3 by 3 grid.
function paintText(mask: Uint8Array, size: MaskSize, chance: Chance): void {
  const letterHeight = size.width / 26;
  for (let line = 0; line < 5; line++) {
    const top = ((line + 0.4) * size.height) / 5;
    const left = chance() * letterHeight * 3;
    for (let column = 0; column < 20; column++) {
      if (chance() < 0.15) continue;
      const origin = { x: left + column * letterHeight, y: top };
      paintLetter({ mask, size, chance, origin, letterHeight });
    }
  }
}

function paintLetter(letter: {
  readonly mask: Uint8Array;
  readonly size: MaskSize;
  readonly chance: Chance;
  readonly origin: { readonly x: number; readonly y: number };
  readonly letterHeight: number;
}): void {
  const { mask, size, chance, origin, letterHeight } = letter;
  const pointOf = () => {
    const cell = Math.floor(chance() * 9);
    return { column: cell % 3, row: Math.floor(cell / 3) };
  };
  let from = pointOf();
  for (let stroke = 0; stroke < 4; stroke++) {
    const to = pointOf();
    const stepCount = Math.ceil(letterHeight);
    for (let step = 0; step <= stepCount; step++) {
      const along = step / stepCount;
      const column = from.column + (to.column - from.column) * along;
      const row = from.row + (to.row - from.row) * along;
      const x = origin.x + column * letterHeight * 0.3;
      paintDisc(mask, size, {
        x,
        y: origin.y + row * letterHeight * 0.5,
        radius: letterHeight / 14,
      });
    }
    from = to;
  }
}

function paintBlobs(mask: Uint8Array, size: MaskSize, chance: Chance): void {
  for (let blob = 0; blob < 14; blob++) {
    const x = chance() * size.width;
    const y = chance() * size.height;
    const radius = size.width / 110 + (chance() * size.width) / 45;
    for (let part = 0; part < 4; part++) {
      paintDisc(mask, size, {
        x: x + (chance() - 0.5) * radius * 2,
        y: y + (chance() - 0.5) * radius * 2,
        radius: radius * (0.5 + chance() * 0.5),
      });
    }
  }
}

// Discs along the four sides, whose centres wander about the edge: the picture must be continued outwards.
function paintBorder(mask: Uint8Array, size: MaskSize, chance: Chance): void {
  const { width, height } = size;
  const radius = width / 50;
  const around = 2 * (width + height);
  let inset = 0;
  for (let along = 0; along < around; along += radius / 4) {
    inset = Math.min(1, Math.max(-0.5, inset + (chance() - 0.5) * 0.4));
    paintDisc(mask, size, { ...onFrame(size, along, inset * radius), radius });
  }
}

/** The point so far along the frame, clockwise from the top left, and so far inside it. */
function onFrame({ width, height }: MaskSize, along: number, inset: number) {
  if (along < width) return { x: along, y: inset };
  if (along < width + height) return { x: width - 1 - inset, y: along - width };
  if (along < 2 * width + height) return { x: 2 * width + height - along, y: height - 1 - inset };
  return { x: inset, y: 2 * (width + height) - along };
}
