// `troupe inpaint`: repairs a picture, or all pictures of a folder, through a running cluster.
import { stat } from "node:fs/promises";
import { Option } from "commander";
import { repairFolder } from "./batch/folder-repair.ts";
import {
  addFolderWords,
  type FolderWords,
  folderOptionsOf,
  refuseFolderWords,
} from "./batch/folder-words.ts";
import { repairStrategies } from "./batch/repair-terms.ts";
import type { AddCommand, CommandPlace } from "./command.ts";
import { gatewayUrlDefault } from "./gateway-client.ts";
import { addNeededOption } from "./needed-option.ts";
import { type OneRepairOptions, repairOne } from "./one-repair.ts";

const examples = `
The mask is a picture of the same size: white is repaired, black is kept. The result has the format of the
picture, and a name in --out that says another one is refused; what is there already is replaced. A line
tells how far it is; Ctrl-C cancels it.

Of a folder every picture is repaired (JPEG, PNG, WebP, GIF, TIFF; AVIF becomes JPEG). The mask is one for
all, or a folder with masks of the same names. What stands in --out already is not done again, so that the
same command goes on where it was stopped. docs/batch.md tells more.

Examples:
  troupe inpaint photograph.jpg --mask mask.png
  troupe inpaint photograph.jpg --mask mask.png --out clean.jpg --url http://127.0.0.1:9000
  troupe inpaint photographs --mask masks --out repaired
  troupe inpaint scans --mask watermark.png --fit-mask --out repaired --recursive --report report.jsonl`;

interface InpaintOptions extends OneRepairOptions, FolderWords {}

export const addInpaintCommand: AddCommand = (place) => {
  const command = place.program.command("inpaint");
  command
    .description("repair a picture where its mask is white, or all pictures of a folder")
    .argument("<image>", "picture to repair, or a folder of pictures");
  addNeededOption(command, "--mask <file>", "white where to repair; for a folder, one or a folder")
    .option(
      "--out <file>",
      "where to write (default: beside the picture, NAME-repaired); of a folder: another one",
    )
    .option("--model <name>", "model to repair with (default: the gateway's)")
    .addOption(new Option("--strategy <word>", "of large pictures").choices([...repairStrategies]))
    .option("--fit-mask", "stretch a mask of another size to the picture's")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault);
  addFolderWords(command)
    .addHelpText("after", examples)
    .action((image: string, options: InpaintOptions) => repair(image, options, place));
};

async function repair(image: string, options: InpaintOptions, place: CommandPlace): Promise<void> {
  const entry = await stat(image).catch(() => undefined);
  if (entry?.isDirectory()) {
    return repairFolder(image, folderOptionsOf(image, options), place);
  }
  refuseFolderWords(image, options);
  return repairOne(image, options, place);
}
