// Pure. What a simulated engine tells of itself, and how a run of some requests ends.
import {
  type EngineReport,
  type EngineRun,
  requestsInPipe,
} from "#actors/inference/engine-messages.ts";

export interface Job {
  readonly order: EngineRun;
  readonly payload: Uint8Array;
  readonly model: { readonly name: string; readonly version: number };
  isCancelled: boolean;
}

const port = { name: "image", type: "float32", shape: [1, 3, "height", "width"] };

export function readyOf({
  name,
  loadMs,
  itemsMax,
}: {
  readonly name: string;
  readonly loadMs: number;
  readonly itemsMax: number;
}): EngineReport {
  const device = { platform: "simulated", device: "none", notes: [] };
  const model = {
    name,
    ...device,
    loadMs,
    warmupMs: 0,
    warmRuns: [],
    inputs: [port],
    outputs: [port],
  };
  const bounds = { together: itemsMax, requestsMax: requestsInPipe(itemsMax) };
  return { kind: "ready", models: [model], ...bounds, onnxruntimeVersion: "none" };
}

/** All of a run end with it: the worst of them decides how, the longest when. */
export function batchEnd(jobs: readonly Job[]): {
  readonly how: "done" | "crash" | "garble" | "hang";
  readonly ms: number;
} {
  const marks = jobs.map(({ order }) => order.parameters.mark);
  const ms = Math.max(...jobs.map(({ order }) => Number(order.parameters.runMs)));
  const how = (["crash", "garble", "hang"] as const).find((mark) => marks.includes(mark)) ?? "done";
  return { how, ms };
}
