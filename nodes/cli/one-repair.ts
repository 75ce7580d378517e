// Repairs one picture, and waits for it: who goes away withdraws it.
import { agreedModel, type WantedTerms } from "./batch/agreed-terms.ts";
import type { CommandIo } from "./command-io.ts";
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
  io: CommandIo,
): Promise<void> {
  const client = new GatewayClient(options.url);
  const [picture, mask] = await Promise.all([readPicture(image), readPicture(options.mask)]);
  refuseUnfit(
    options.out === undefined
      ? { file: repairedPath(image, "") }
      : { option: "--out", file: options.out, format: ownFormat(picture.bytes) },
  );
  if (options.model !== undefined) await agreedModel(client, options.model);
  const fitted = options.fitMask ? await fittedTo(picture, mask) : mask;
  const repaired = await client.repair(picture, fitted, options);
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
