// Repairs one picture, and waits for it: who goes away cancels it.
import { agreedModel, type WantedTerms } from "./batch/agreed-terms.ts";
import type { CommandPlace } from "./command.ts";
import { followedRepair } from "./followed-repair.ts";
import { GatewayClient, type Picture } from "./gateway-client.ts";
import { fittingPath, ownFormat, refuseUnfit } from "./output-file.ts";
import { readPicture, repairedPath, writePicture } from "./picture-file.ts";
import { describeRepair } from "./repair-report.ts";

export interface OneRepairOptions extends WantedTerms {
  readonly mask: string;
  readonly out?: string;
  readonly url: string;
  readonly fitMask?: true;
}

export async function repairOne(
  image: string,
  options: OneRepairOptions,
  place: CommandPlace,
): Promise<void> {
  const { io } = place;
  const client = new GatewayClient(options.url);
  const [picture, mask] = await Promise.all([readPicture(image), readPicture(options.mask)]);
  refuseUnfit(
    options.out === undefined
      ? { file: repairedPath(image, "") }
      : { option: "--out", file: options.out, format: ownFormat(picture.bytes) },
  );
  const model = await agreedModel(client, options.model);
  const fitted = options.fitMask ? await fittedTo(picture, mask) : mask;
  const submit = () => client.submitRepair(picture, fitted, { ...options, model });
  const repaired = await followedRepair({ client, submit, models: [model] }, place);
  if (repaired === undefined) return;
  const file = options.out
    ? fittingPath(options.out, repaired.contentType)
    : repairedPath(image, repaired.contentType);
  await writePicture(file, repaired.bytes);
  io.err(`${describeRepair(repaired)}\n`);
  io.out(`${file}\n`);
}

async function fittedTo(picture: Picture, mask: Picture): Promise<Picture> {
  const { fittedMask } = await import("./batch/fitted-mask.ts");
  return { name: mask.name, bytes: await fittedMask(picture.bytes, mask.bytes) };
}
