// Pure. Brings decoded samples of any colour model to 8-bit RGB, and masks to hole or no hole, by
// the integer arithmetic of Pillow (libImaging/Convert.c), so that thresholds fall where users of
// Lama Cleaner expect them.

/** Interleaved samples of one image. */
export interface Samples {
  readonly data: Uint8Array;
  readonly channels: number;
}

/** The first three channels; one or two channels are grey, and an alpha channel is left behind. */
export function toRgb(samples: Samples): Uint8Array {
  const { data, channels } = samples;
  if (channels === 3) return data;
  const green = channels < 3 ? 0 : 1;
  const blue = channels < 3 ? 0 : 2;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from] ?? 0;
    rgb[to + 1] = data[from + green] ?? 0;
    rgb[to + 2] = data[from + blue] ?? 0;
  }
  return rgb;
}

/** One channel by its index. */
export function channelOf(samples: Samples, index: number): Uint8Array {
  const { data, channels } = samples;
  const channel = new Uint8Array(data.length / channels);
  for (let from = index, to = 0; to < channel.length; from += channels, to++) {
    channel[to] = data[from] ?? 0;
  }
  return channel;
}

/** RGB and alpha side by side again. */
export function withAlpha(rgb: Uint8Array, alpha: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(alpha.length * 4);
  for (let from = 0, to = 0, pixel = 0; pixel < alpha.length; from += 3, to += 4, pixel++) {
    rgba[to] = rgb[from] ?? 0;
    rgba[to + 1] = rgb[from + 1] ?? 0;
    rgba[to + 2] = rgb[from + 2] ?? 0;
    rgba[to + 3] = alpha[pixel] ?? 0;
  }
  return rgba;
}

/** 16-bit grey to RGB: values above 255 are clipped, not scaled. */
export function clippedGreyToRgb(grey: Uint16Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let pixel = 0, to = 0; pixel < grey.length; pixel++, to += 3) {
    rgb.fill(Math.min(255, grey[pixel] ?? 0), to, to + 3);
  }
  return rgb;
}

/** CMYK to RGB without a colour profile: each ink darkens what black leaves over. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - (cmyk[from + 3] ?? 0);
    rgb[to] = light - scaled(cmyk[from] ?? 0, light);
    rgb[to + 1] = light - scaled(cmyk[from + 1] ?? 0, light);
    rgb[to + 2] = light - scaled(cmyk[from + 2] ?? 0, light);
  }
  return rgb;
}

/** `a * b / 255`, rounded. */
function scaled(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

const lightnessKeptMax = 127;

/** A mask from RGB: 255 where the pixel is to be filled, 0 where it is kept. */
export function holesOf(rgb: Uint8Array): Uint8Array {
  const holes = new Uint8Array(rgb.length / 3);
  for (let from = 0, to = 0; to < holes.length; from += 3, to++) {
    const red = rgb[from] ?? 0;
    const green = rgb[from + 1] ?? 0;
    const blue = rgb[from + 2] ?? 0;
    const lightness = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    holes[to] = lightness > lightnessKeptMax ? 255 : 0;
  }
  return holes;
}
