// Pictures on disk: read with a clear refusal, written beside the original.
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Picture } from "./gateway-client.ts";

/** Fails with `not_found`, `invalid` or `too_large`. */
export async function readPicture(file: string): Promise<Picture> {
  const entry = await stat(file).catch((cause: unknown) => {
    throw new Failure("not_found", `cannot read ${file}: ${messageOf(cause)}`, cause);
  });
  if (!entry.isFile()) throw new Failure("invalid", `${file} is not a file: name a picture`);
  if (entry.size === 0) throw new Failure("invalid", `${file} is empty: name a picture`);
  if (entry.size > limits.imageBytesMax) {
    const detail = `${file} has ${entry.size} bytes: at most ${limits.imageBytesMax} are taken`;
    throw new Failure("too_large", detail);
  }
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Failure("invalid", `cannot read ${file}: ${messageOf(cause)}`, cause);
  });
  return { name: path.basename(file), bytes };
}

export async function writePicture(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(file, bytes).catch((cause: unknown) => {
    throw new Failure("invalid", `cannot write ${file}: ${messageOf(cause)}`, cause);
  });
}

const extensions: ReadonlyMap<string, string> = new Map([
  ["image/jpeg", ".jpg"],
  ["image/png", ".png"],
  ["image/webp", ".webp"],
  ["image/gif", ".gif"],
  ["image/tiff", ".tif"],
  ["image/bmp", ".bmp"],
]);

/** `dir/photo.jpg` becomes `dir/photo-repaired.jpg`, with the extension of what it contains. */
export function repairedPath(file: string, contentType: string): string {
  const { dir, name, ext } = path.parse(file);
  const type = contentType.split(";")[0]?.trim() ?? "";
  return path.join(dir, `${name}-repaired${extensions.get(type) ?? ext}`);
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
