// The sample: a photograph that every clone has, repaired through the cluster that has just started.
import { fileURLToPath } from "node:url";
import { GatewayClient, type Picture, type Repaired } from "./gateway-client.ts";
import { readPicture, writePicture } from "./picture-file.ts";

export interface Sample {
  readonly photograph: Picture;
  readonly mask: Picture;
}

export interface RepairedSample {
  readonly file: string;
  readonly repaired: Repaired;
}

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../examples/sample/${name}`, import.meta.url));

/** Fails with `not_found` when the sample is not there. */
export async function readSample(): Promise<Sample> {
  const photograph = await readPicture(fileOf("photograph.jpg"));
  return { photograph, mask: await readPicture(fileOf("mask.png")) };
}

/** Waits until the cluster can repair, at most `timeoutMs`, and writes `repaired.jpg`. */
export async function repairSample(
  sample: Sample,
  gateway: { readonly url: string; readonly timeoutMs: number },
): Promise<RepairedSample> {
  const client = new GatewayClient(gateway.url);
  await client.untilReady(gateway.timeoutMs);
  const repaired = await client.repair(sample.photograph, sample.mask);
  const file = fileOf("repaired.jpg");
  await writePicture(file, repaired.bytes);
  return { file, repaired };
}
