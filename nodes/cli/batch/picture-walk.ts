// The pictures of a folder, one after the other as the file system tells them, so that a folder of any
// size takes no memory. What a program or a file manager hides (a dot in front) is no picture, links to
// folders are not followed, and folders that hold masks or results are left out.
import type { Dirent } from "node:fs";
import { opendir, realpath, stat } from "node:fs/promises";
import path from "node:path";

/** What the cluster can read. */
export const pictureExtensions = [
  ".jpg",
  ".jpeg",
  ".png",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
] as const;

const known: ReadonlySet<string> = new Set(pictureExtensions);

export interface PictureWalk {
  readonly folder: string;
  /** Whether folders within it are walked, too. */
  readonly depth: "flat" | "recursive";
  /** Folders that are not walked. */
  readonly leftOut: readonly string[];
}

/** Relative to the folder that was walked; `trouble` for a folder that could not be read. */
export type WalkedEntry =
  | { readonly kind: "picture"; readonly picture: string }
  | { readonly kind: "trouble"; readonly picture: string; readonly why: string };

export async function* walkPictures(walk: PictureWalk): AsyncGenerator<WalkedEntry, void> {
  const leftOut = new Set(await Promise.all(walk.leftOut.map(realPlace)));
  // One name for each folder that is still to be walked.
  const open = [""];
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    try {
      for await (const entry of await opendir(path.join(walk.folder, below))) {
        if (entry.name.startsWith(".")) continue;
        const name = path.join(below, entry.name);
        if (await isPicture(walk, name, entry)) yield { kind: "picture", picture: name };
        else if (await isToBeWalked(walk, name, { entry, leftOut })) open.push(name);
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      yield { kind: "trouble", picture: below === "" ? "." : below, why };
    }
  }
}

/** How many there are, and folders that could not be read. */
export async function countPictures(walk: PictureWalk): Promise<number> {
  let count = 0;
  for await (const _ of walkPictures(walk)) count += 1;
  return count;
}

async function isPicture(walk: PictureWalk, name: string, entry: Dirent): Promise<boolean> {
  if (!known.has(path.extname(name).toLowerCase())) return false;
  if (!entry.isSymbolicLink()) return entry.isFile();
  const target = await stat(path.join(walk.folder, name)).catch(() => undefined);
  // A link that leads nowhere was meant as a picture: whoever reads it says what is wrong.
  return target?.isFile() ?? true;
}

async function isToBeWalked(
  { folder, depth }: PictureWalk,
  name: string,
  { entry, leftOut }: { readonly entry: Dirent; readonly leftOut: ReadonlySet<string> },
): Promise<boolean> {
  if (depth === "flat" || !entry.isDirectory()) return false;
  return !leftOut.has(await realPlace(path.join(folder, name)));
}

/** The folder without links on its way, or as it is called while it is not there. */
export const realPlace = (folder: string): Promise<string> =>
  realpath(folder).catch(() => path.resolve(folder));
