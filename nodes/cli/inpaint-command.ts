// `troupe inpaint`: repairs a picture, or all pictures of a folder, through a running cluster.
import { stat } from "node:fs/promises";
import { InvalidArgumentError, Option } from "commander";
import { Failure } from "#protocols/failure.ts";
import { type FolderRepairOptions, repairFolder } from "./batch/folder-repair.ts";
import { repairStrategies } from "./batch/repair-terms.ts";
import type { AddCommand, CommandPlace } from "./command.ts";
import { gatewayUrlDefault } from "./gateway-client.ts";
import { type OneRepairOptions, repairOne } from "./one-repair.ts";

const examples = `
The mask is a picture of the same size: white is repaired, black is kept.

Of a folder every picture is repaired (JPEG, PNG, WebP, GIF, TIFF; AVIF becomes JPEG). The mask is one for
all, or a folder with masks of the same names. What stands in --out already is not done again, so that the
same command goes on where it was stopped. docs/batch.md tells more.

Examples:
  troupe inpaint photograph.jpg --mask mask.png
  troupe inpaint photograph.jpg --mask mask.png --out clean.jpg --url http://127.0.0.1:9000
  troupe inpaint photographs --mask masks --out repaired
  troupe inpaint scans --mask watermark.png --fit-mask --out repaired --recursive --report report.jsonl`;

const concurrencyMax = 64;

interface InpaintOptions extends OneRepairOptions {
  readonly recursive?: true;
  readonly concurrency?: number;
  readonly overwrite?: true;
  readonly failFast?: true;
  readonly json?: true;
  readonly report?: string;
}

export const addInpaintCommand: AddCommand = (place) => {
  place.program
    .command("inpaint")
    .description("repair a picture where its mask is white, or all pictures of a folder")
    .argument("<image>", "picture to repair, or a folder of pictures")
    .requiredOption("--mask <file>", "white where to repair; for a folder, one for all or a folder")
    .option(
      "--out <file>",
      "where to write (default: beside the picture, NAME-repaired); of a folder: another one",
    )
    .option("--model <name>", "model to repair with (default: the gateway's)")
    .addOption(new Option("--strategy <word>", "of large pictures").choices([...repairStrategies]))
    .option("--fit-mask", "stretch a mask of another size to the picture's")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--recursive", "of a folder: the pictures in its folders, too")
    .option(
      "--concurrency <n>",
      "of a folder: pictures under way at a time (default: 8)",
      concurrencyOf,
    )
    .option("--overwrite", "of a folder: do again what stands in --out already")
    .option("--fail-fast", "of a folder: stop at the first picture that fails")
    .option("--json", "of a folder: print a line of JSON for each picture")
    .option("--report <file>", "of a folder: write these lines to a file")
    .addHelpText("after", examples)
    .action((image: string, options: InpaintOptions) => repair(image, options, place));
};

async function repair(image: string, options: InpaintOptions, place: CommandPlace): Promise<void> {
  const entry = await stat(image).catch(() => undefined);
  if (entry?.isDirectory()) {
    return repairFolder(image, folderOptions(image, options), place);
  }
  const strange = folderOnly.find((name) => options[name] !== undefined);
  if (strange !== undefined) {
    const word = strange.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new Failure("invalid", `--${word} is for a folder of pictures, and ${image} is none`);
  }
  return repairOne(image, options, place.io);
}

const folderOnly = [
  "recursive",
  "concurrency",
  "overwrite",
  "failFast",
  "json",
  "report",
] as const satisfies readonly (keyof InpaintOptions)[];

function folderOptions(image: string, options: InpaintOptions): FolderRepairOptions {
  const { out, ...rest } = options;
  if (out !== undefined) return { ...rest, out };
  const detail = `${image} is a folder: name another one for the repaired pictures with --out`;
  throw new Failure("invalid", detail);
}

function concurrencyOf(word: string): number {
  if (/^\d{1,2}$/.test(word) && Number(word) >= 1 && Number(word) <= concurrencyMax) {
    return Number(word);
  }
  throw new InvalidArgumentError(`write a number from 1 to ${concurrencyMax}`);
}
