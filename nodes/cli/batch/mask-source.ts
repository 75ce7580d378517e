// Where the mask of each picture comes from: one file for all, or a folder with one of the same name
// for each; other formats will do.
import { stat } from "node:fs/promises";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Picture } from "../gateway-client.ts";
import { readPicture } from "../picture-file.ts";
import { pictureExtensions } from "./picture-walk.ts";

export type MaskSource =
  | { readonly kind: "single"; readonly mask: Picture }
  | { readonly kind: "folder"; readonly folder: string };

/** No mask has the name of the picture. */
export const noMaskCode = "no_mask";

export interface MaskMissing {
  readonly kind: "failed";
  readonly code: typeof noMaskCode;
  readonly detail: string;
}

/** Fails with `not_found`, `invalid` or `too_large`. */
export async function openMasks(place: string): Promise<MaskSource> {
  const entry = await stat(place).catch((cause: unknown) => {
    const detail = `cannot read ${place}: name a mask, or a folder with one for each picture`;
    throw new Failure("not_found", detail, cause);
  });
  if (entry.isDirectory()) return { kind: "folder", folder: place };
  return { kind: "single", mask: await readPicture(place) };
}

/** Fails with `not_found`, `invalid` or `too_large` for a mask that is there and cannot be read. */
export async function maskFor(source: MaskSource, picture: string): Promise<Picture | MaskMissing> {
  if (source.kind === "single") return source.mask;
  for (const candidate of maskNames(picture)) {
    const file = path.join(source.folder, candidate);
    const entry = await stat(file).catch(() => undefined);
    if (entry?.isFile()) return readPicture(file);
  }
  const { name } = path.parse(picture);
  const wanted = path.join(source.folder, path.dirname(picture), `${name}.png`);
  return {
    kind: "failed",
    code: noMaskCode,
    detail: `there is no mask for it: put one at ${wanted}, or give one for all as --mask FILE`,
  };
}

/** `a/b.jpg` may have `a/b.jpg`, `a/b.png` and so on; its own name goes first. */
export function maskNames(picture: string): readonly string[] {
  const { dir, name } = path.parse(picture);
  const others = [".png", ...pictureExtensions].flatMap((extension) => [
    path.join(dir, name + extension),
    path.join(dir, name + extension.toUpperCase()),
  ]);
  return [...new Set([picture, ...others])];
}
