// The built-in model as an engine runs it, on one thread: what is timed is what a request pays for, from the
// picture in memory to the filled one.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { OnnxNetwork } from "#actors/inference/engine/onnx-network.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { readFillerConfig } from "#actors/inference/fillers/filler-config.ts";
import { networkFiller } from "#actors/inference/fillers/network-filler.ts";
import type { Inpaint } from "./picture.ts";

const folder = new URL("../../actors/inference/models/diffuse/", import.meta.url);

export interface DiffuseInpainter {
  readonly inpaint: Inpaint;
  close(): Promise<void>;
}

export async function diffuseInpainter(): Promise<DiffuseInpainter> {
  const file = fileURLToPath(new URL("1/model.onnx", folder));
  const network = await OnnxNetwork.load(file, RunThreads.start(1));
  const config: unknown = JSON.parse(await readFile(new URL("config.json", folder), "utf8"));
  const filler = await networkFiller(network, readFillerConfig(config, "config.json"));
  const inpaint: Inpaint = async ({ width, height, data }, mask) => {
    const image = { width, height, channels: 3, data } as const;
    const holes = { width, height, channels: 1, data: mask } as const;
    return (await filler.fill(image, holes, {})).data;
  };
  return { inpaint, close: () => filler.close() };
}
