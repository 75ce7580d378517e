// The limit: the same model on the same pictures without actors, queues, stores or HTTP, in a process
// of its own. `session` only runs the session on tensors that are there already; `repair` also reads
// and writes the files, as the cluster must.

import { InferenceSession, Tensor } from "onnxruntime-node";
import { readModelFolder } from "#actors/inference/engine/model-folder.ts";
import { decodePair } from "#actors/inference/engine/repair.ts";
import { loadWork } from "#actors/inference/works/load-work.ts";
import { EventLoopDelay } from "#runtime/host/event-loop-delay.ts";

/** `lateness` is `session`, but what it tells is how late the event loop was meanwhile. */
export type BareKind = "session" | "repair" | "lateness";

export interface BareStart {
  readonly folder: string;
  readonly threads: number;
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}
export interface BareOrder {
  readonly kind: BareKind;
  readonly count: number;
}
export interface BareReport {
  readonly latenciesMs: readonly number[];
}

async function prepare(start: BareStart): Promise<Record<BareKind, () => Promise<unknown>>> {
  const { width, height, threads } = start;
  const folder = await readModelFolder("diffuse", start.folder);
  const { work } = await loadWork("diffuse", folder, threads);
  const session = await InferenceSession.create(folder.modelFile, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const pair = await decodePair(start.image, start.mask);
  const feeds = {
    image: new Tensor("float32", planes(pair.image.rgb, width * height), [1, 3, height, width]),
    mask: new Tensor(
      "float32",
      Float32Array.from(pair.mask.holes, (hole) => (hole ? 1 : 0)),
      [1, 1, height, width],
    ),
  };
  return {
    session: () => session.run(feeds, ["output"]),
    lateness: async () => {
      const delay = new EventLoopDelay();
      await session.run(feeds, ["output"]);
      await new Promise((resolve) => setTimeout(resolve, 1));
      const { msMax } = delay.read();
      delay.stop();
      return msMax;
    },
    repair: async () => {
      const files = [
        { name: "image", bytes: start.image },
        { name: "mask", bytes: start.mask },
      ];
      const read = await work.read({ files, parameters: {} });
      return (await read.run()).write();
    },
  };
}

const planes = (rgb: Uint8Array, size: number): Float32Array =>
  Float32Array.from({ length: 3 * size }, (_, index) => {
    const channel = Math.floor(index / size);
    return (rgb[(index % size) * 3 + channel] ?? 0) / 255;
  });

let works: Promise<Record<BareKind, () => Promise<unknown>>> | undefined;

process.on("message", async (message: BareStart | BareOrder) => {
  if ("folder" in message) {
    works = prepare(message);
    await works;
    process.send?.({ latenciesMs: [] });
    return;
  }
  const work = (await works)?.[message.kind];
  if (!work) throw new Error("a bare loop is told what to work on first");
  const latenciesMs: number[] = [];
  for (let index = 0; index < message.count; index += 1) {
    const startedAt = performance.now();
    const told = await work();
    latenciesMs.push(typeof told === "number" ? told : performance.now() - startedAt);
  }
  process.send?.({ latenciesMs });
});
process.on("disconnect", () => process.exit());
