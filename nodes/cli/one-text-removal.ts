// Takes the text out of one picture, and waits for it: who goes away cancels it.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { type TextRemoval, textRemovalResult } from "#protocols/outside/text-removal.ts";
import type { CommandPlace } from "./command.ts";
import { formatBytes } from "./figures.ts";
import { followedRepair } from "./followed-repair.ts";
import { GatewayClient, type Picture, type Repaired } from "./gateway-client.ts";
import { fittingPath, ownFormat, refuseUnfit } from "./output-file.ts";
import { readPicture, repairedPath, writePicture } from "./picture-file.ts";
import { agreedRemoval, type WantedRemoval } from "./text-removal-terms.ts";

export interface OneRemovalOptions extends WantedRemoval {
  readonly out?: string;
  readonly showMask?: string;
  readonly url: string;
}

export async function removeTextInOne(
  image: string,
  options: OneRemovalOptions,
  place: CommandPlace,
): Promise<void> {
  const { io } = place;
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
  const submit = () => client.submitTextRemoval(formOf(picture, removal));
  const models = [removal.detector, removal.model];
  const repaired = await followedRepair({ client, submit, models }, place);
  if (repaired === undefined) return;
  const { task } = repaired.figures;
  const texts = task === null ? null : await textsFound(client, task);
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

const isCounted = Compile(
  Type.Object({ figures: Type.Object({ [textRemovalResult.count]: Type.Number() }) }),
);

/** Null where the task does not tell. */
async function textsFound(client: GatewayClient, task: string): Promise<number | null> {
  const result = await client.get(`api/v1/tasks/${task}/result`).catch(() => undefined);
  return isCounted.Check(result) ? (result.figures[textRemovalResult.count] ?? null) : null;
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
