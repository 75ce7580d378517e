// What may be said on the command line of work on a folder of pictures, and only of such work.
import { type Command, InvalidArgumentError } from "commander";
import { Failure } from "#protocols/failure.ts";
import type { FolderOptions } from "./folder-work.ts";

/** As they come from the command line; of a folder `out` must be there. */
export type FolderWords = Partial<Omit<FolderOptions, "url">>;

const concurrencyMax = 64;

export const addFolderWords = (command: Command): Command =>
  command
    .option("--recursive", "of a folder: the pictures in its folders, too")
    .option(
      "--concurrency <n>",
      "of a folder: pictures under way at a time (default: 8)",
      concurrencyOf,
    )
    .option("--overwrite", "of a folder: do again what stands in --out already")
    .option("--fail-fast", "of a folder: stop at the first picture that fails")
    .option("--json", "of a folder: print a line of JSON for each picture")
    .option("--report <file>", "of a folder: write these lines to a file");

/** The same, with a place for the results. Fails with `invalid`. */
export function folderOptionsOf<O extends FolderWords>(
  folder: string,
  options: O,
): O & { readonly out: string } {
  const { out } = options;
  if (out !== undefined) return { ...options, out };
  const detail = `${folder} is a folder: name another one for the repaired pictures with --out`;
  throw new Failure("invalid", detail);
}

/** Fails with `invalid`. */
export function refuseFolderWords(image: string, options: FolderWords): void {
  const strange = folderOnly.find((name) => options[name] !== undefined);
  if (strange === undefined) return;
  const word = strange.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new Failure("invalid", `--${word} is for a folder of pictures, and ${image} is none`);
}

const folderOnly = [
  "recursive",
  "concurrency",
  "overwrite",
  "failFast",
  "json",
  "report",
] as const satisfies readonly (keyof FolderWords)[];

function concurrencyOf(word: string): number {
  if (/^\d{1,2}$/.test(word) && Number(word) >= 1 && Number(word) <= concurrencyMax) {
    return Number(word);
  }
  throw new InvalidArgumentError(`write a number from 1 to ${concurrencyMax}`);
}
