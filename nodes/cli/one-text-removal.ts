// Takes the text out of one picture, and waits for it: who goes away withdraws it.
import { type TextRemoval, textRemovalResult } from "#protocols/outside/text-removal.ts";
import type { CommandIo } from "./command-io.ts";
import { formatBytes } from "./figures.ts";
import { GatewayClient, type Picture, type Repaired } from "./gateway-client.ts";
import { fittingPath, ownFormat, refuseUnfit } from "./output-file.ts";
import { readPicture, repairedPath, writePicture } from "./picture-file.ts";
import { ProgressLine } from "./progress-line.ts";
import { agreedRemoval, type WantedRemoval } from "./text-removal-terms.ts";

export interface OneRemovalOptions extends WantedRemoval {
  readonly out?: string;
  readonly showMask?: string;
  readonly url: string;
}

export async function removeTextInOne(
  image: string,
  options: OneRemovalOptions,
  io: CommandIo,
): Promise<void> {
  const client = new GatewayClient(options.url);
  const picture = await readPicture(image);
  refuseUnfit(
    options.out === undefined
      ? { file: repairedPath(image, "") }
      : { option: "--out", file: options.out, format: ownFormat(picture.bytes) },
  );
  if (options.showMask !== undefined) {
    refuseUnfit({ option: "--show-mask", file: options.showMask, format: "png" });
  }
  const removal = await agreedRemoval(client, options);
  const line = new ProgressLine(io);
  line.show(`${removal.detector} looks for text, ${removal.model} fills it`);
  const form = formOf(picture, removal);
  const { repaired, texts } = await client.removeText(form).finally(() => line.show(""));
  const { task } = repaired.figures;
  if (options.showMask !== undefined && task !== null) {
    const mask = await client.file(task, textRemovalResult.mask);
    await writePicture(options.showMask, mask);
  }
  const file = options.out
    ? fittingPath(options.out, repaired.contentType)
    : repairedPath(image, repaired.contentType);
  await writePicture(file, repaired.bytes);
  io.err(`${describeTexts(texts)}; ${describeEnd(repaired)}\n`);
  io.out(`${file}\n`);
}

function formOf({ name, bytes }: Picture, removal: TextRemoval): FormData {
  const { model, detector, detection, repair } = removal;
  const form = new FormData();
  form.append("image", new Blob([bytes]), name);
  for (const [key, value] of Object.entries({ model, detector, ...detection, ...repair })) {
    form.append(key, String(value));
  }
  return form;
}

function describeTexts(texts: number | null): string {
  if (texts === 0) return "no text was found";
  if (texts === null) return "text was looked for";
  return texts === 1 ? "1 text was found" : `${texts} texts were found`;
}

/** `done in 1200 ms (task …), 210 KiB`: of its two steps no single node can be told. */
function describeEnd({ bytes, figures: { task, totalMs } }: Repaired): string {
  const which = task === null ? "" : ` (task ${task})`;
  return `done in ${totalMs} ms${which}, ${formatBytes(bytes.byteLength)}`;
}
