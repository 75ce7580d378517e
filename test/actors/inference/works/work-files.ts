// Asks the works for something without an engine process around them: a model folder on the disk, and
// what comes back as pixels.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { readModelFolder } from "#actors/inference/engine/model-folder.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { GraphBuilder, type Wire } from "#actors/inference/models/graph-builder.ts";
import { encodeOnnx, type OnnxPort } from "#actors/inference/models/onnx-encoding.ts";
import { loadWork } from "#actors/inference/works/load-work.ts";
import type { WorkResult } from "#actors/inference/works/model-work.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

export type NamedBytes = Readonly<Record<string, Uint8Array>>;

export interface WorkAtHand {
  /** Read, run and written. */
  ask(files: NamedBytes, parameters?: TaskParameters): Promise<WorkResult>;
  close(): Promise<void>;
}

/** `files` are those of version 1. Warm, as in an engine. */
export async function openWork(config: object, files: NamedBytes): Promise<WorkAtHand> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-work-"));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(join(folder, "1"));
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    for (const [name, bytes] of Object.entries(files)) {
      await writeFile(join(folder, "1", name), bytes);
    }
    const read = await readModelFolder("tried", folder);
    const { work } = await loadWork("tried", read, { threads: RunThreads.start(1) });
    await work.warmUp("grey");
    return {
      async ask(given, parameters = {}) {
        const inputs = Object.entries(given).map(([name, bytes]) => ({ name, bytes }));
        const read = await work.read({ files: inputs, parameters });
        return (await read.run()).write();
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** An ONNX file of these ports; `body` gives the wire of each output. */
export function graphFile(
  ports: { readonly inputs: readonly OnnxPort[]; readonly outputs: readonly OnnxPort[] },
  body: (graph: GraphBuilder) => readonly Wire[],
): Uint8Array {
  const graph = new GraphBuilder("test");
  for (const [at, wire] of body(graph).entries()) {
    graph.output(wire, ports.outputs[at]?.name ?? "");
  }
  return encodeOnnx({
    ...{ name: "test", description: "", operatorSet: 17, version: 1, domain: "test" },
    ...{ functions: [], nodes: graph.nodes, ...ports },
  });
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** The pixels of the file `image`, the only one; checked against what is told of it. */
export async function pictureIn({ files, figures }: WorkResult): Promise<Picture> {
  const [file, ...others] = files;
  assert.ok(file);
  assert.deepEqual([file.name, others.length], ["image", 0]);
  const { data, info } = await sharp(file.bytes).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  assert.deepEqual([figures.width, figures.height], [width, height]);
  assert.equal(file.contentType, `image/${figures.format}`);
  return { width, height, channels, data };
}

/** A PNG whose samples are given by place; `channels` 3 or 4. */
export function pngOf(
  { width, height, channels = 3 }: { width: number; height: number; channels?: 3 | 4 },
  sample: (x: number, y: number, channel: number) => number,
): Promise<Buffer> {
  const data = Uint8Array.from({ length: width * height * channels }, (_, at) => {
    const pixel = Math.floor(at / channels);
    return sample(pixel % width, Math.floor(pixel / width), at % channels);
  });
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** The samples of one pixel. */
export const pixelAt = ({ data, width, channels }: Picture, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
];
