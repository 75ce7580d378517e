// `troupe remove-text`: takes the text out of a picture, or of all pictures of a folder, through a running
// cluster.
import { stat } from "node:fs/promises";
import { Failure } from "#protocols/failure.ts";
import { removeTextInFolder } from "./batch/folder-text-removal.ts";
import {
  addFolderWords,
  type FolderWords,
  folderOptionsOf,
  refuseFolderWords,
} from "./batch/folder-words.ts";
import type { AddCommand, CommandPlace } from "./command.ts";
import { gatewayUrlDefault } from "./gateway-client.ts";
import { type OneRemovalOptions, removeTextInOne } from "./one-text-removal.ts";
import { addRemovalWords } from "./text-removal-terms.ts";

const examples = `
A detector finds the text, and what it covers is filled. The cluster needs a detector: troupe models install
text-detector gets one. Of a folder every picture is done (JPEG, PNG, WebP, GIF, TIFF; AVIF becomes JPEG);
the same command goes on where it was stopped. docs/text-removal.md tells more.

Examples:
  troupe remove-text poster.jpg --out clean.jpg
  troupe remove-text poster.jpg --show-mask mask.png --dilation 0.2
  troupe remove-text scans --out clean --recursive --report report.jsonl`;

interface RemoveTextOptions extends OneRemovalOptions, FolderWords {}

export const addRemoveTextCommand: AddCommand = (place) => {
  const command = place.program
    .command("remove-text")
    .description("take the text out of a picture, or of all pictures of a folder")
    .argument("<image>", "picture, or a folder of pictures")
    .option(
      "--out <file>",
      "where to write (default: beside the picture, NAME-repaired); of a folder: another one",
    )
    .option("--show-mask <file>", "write there, as PNG, what was taken for text: white");
  addFolderWords(addRemovalWords(command))
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText("after", examples)
    .action((image: string, options: RemoveTextOptions) => removeText(image, options, place));
};

async function removeText(
  image: string,
  options: RemoveTextOptions,
  place: CommandPlace,
): Promise<void> {
  const entry = await stat(image).catch(() => undefined);
  if (!entry?.isDirectory()) {
    refuseFolderWords(image, options);
    return removeTextInOne(image, options, place);
  }
  if (options.showMask !== undefined) {
    throw new Failure("invalid", `--show-mask is for a single picture, and ${image} is a folder`);
  }
  return removeTextInFolder(image, folderOptionsOf(image, options), place);
}
