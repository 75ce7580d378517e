// Small rasters of one channel, drawn as text: one line a row, "#" is 255, a digit its own value.
import type { Raster } from "#actors/inference/inpaint/raster.ts";

export function drawn(...lines: readonly string[]): Raster {
  const values = lines.flatMap((line) => [...line].map(levelOf));
  const width = lines[0]?.length ?? 0;
  return { width, height: lines.length, channels: 1, data: Uint8Array.from(values) };
}

export function rowsOf({ width, height, data }: Raster): number[][] {
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);
}

function levelOf(character: string): number {
  if (character === "#") return 255;
  return character === "." ? 0 : Number(character);
}
