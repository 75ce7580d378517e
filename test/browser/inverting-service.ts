// A service for tests of the page without a cluster: "repairs" by inverting what is masked, so that a
// test sees exactly which pixels the page meant.

import sharp from "sharp";
import type {
  ClusterStatus,
  InpaintOrder,
  InpaintService,
  Readiness,
} from "#actors/gateway/inpaint-service.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";

export class InvertingService implements InpaintService {
  readonly model = "diffuse";
  readonly masks: Uint8Array[] = [];
  /** Awaited before each answer; a test that wants to see the page wait puts its own there. */
  hold: Promise<unknown> = Promise.resolve();
  /** Thrown instead of an answer when set. */
  failure: Failure | undefined;
  /** Resolves when a request has come. */
  readonly asked: Promise<void>;
  #ask: () => void = () => {};
  /** Resolves when a client has gone away before its answer. */
  readonly abandoned: Promise<void>;
  #abandon: () => void = () => {};

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#ask = resolve;
    });
    this.abandoned = new Promise((resolve) => {
      this.#abandon = resolve;
    });
  }

  async inpaint({ inputs, signal }: InpaintOrder): Promise<TaskOutcome> {
    signal.addEventListener("abort", () => this.#abandon());
    this.#ask();
    await this.hold;
    if (this.failure) throw this.failure;
    const [image, mask] = inputs;
    if (!image || !mask) throw new Failure("invalid", "two inputs are needed");
    this.masks.push(mask.bytes);
    const bytes = await invert(image.bytes, mask.bytes);
    return {
      status: "completed",
      taskId: "t1",
      node: "worker-2",
      attempt: 1,
      queueMs: 4,
      runMs: 180,
      result: { figures: {}, files: [{ name: "image", contentType: "image/png", bytes }] },
    };
  }

  /** The page waits for its repairs; it submits nothing to come back for. */
  submit(): Promise<SubmitReceipt> {
    return Promise.reject(new Failure("internal", "the page does not submit"));
  }

  task(): Promise<null> {
    return Promise.resolve(null);
  }

  ending(): Promise<TaskOutcome> {
    return Promise.reject(new Failure("internal", "the page does not ask for endings"));
  }

  async models(): Promise<readonly string[]> {
    return ["diffuse"];
  }

  async useModel(): Promise<void> {}

  async readiness(): Promise<Readiness> {
    return { isReady: true, missing: [], ack: "durable" };
  }

  async status(): Promise<ClusterStatus> {
    const nodes = [node("director", 0), node("worker-1", 2), node("worker-2", 2)];
    return {
      cluster: "studio",
      uptimeMs: 1000,
      model: this.model,
      models: ["diffuse"],
      nodes,
      members: [],
      scaling: [],
      state: null,
      stateReads: null,
      queue: {
        scheduled: 0,
        pending: 1,
        running: 2,
        waiting_confirmation: 0,
        completed: 40 + this.masks.length,
        failed: 0,
        cancelled: 0,
        timed_out: 0,
        evicted: 0,
        pendingBytes: 0,
        workers: [],
        completedPerSecond: 1.5,
        waiters: 0,
        blocked: 0,
        unrunnable: [],
        queues: [],
        ...{ storeTrouble: null, storeAck: "durable" },
      },
      gateway: { inFlight: 0, isDraining: false },
      problems: [],
    };
  }
}

async function invert(image: Uint8Array, mask: Uint8Array): Promise<Buffer> {
  const { data, info } = await sharp(image)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const holes = await sharp(mask).removeAlpha().toColourspace("b-w").raw().toBuffer();
  for (const [index, hole] of holes.entries()) {
    if (hole < 128) continue;
    for (const at of [index * 3, index * 3 + 1, index * 3 + 2]) data[at] = 255 - (data[at] ?? 0);
  }
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png()
    .toBuffer();
}

const node = (name: string, slots: number): NodeView => ({
  name,
  incarnation: 1,
  pid: 100,
  status: "online",
  statusReason: "heartbeats arrive",
  statusSince: 0,
  registeredAt: 0,
  formerEnd: null,
  lastHeartbeatAt: 0,
  capabilities: {
    hostname: "here",
    platform: "linux",
    arch: "x64",
    cores: 2,
    cpuModel: "any",
    memoryBytes: 8e9,
    diskBytes: 1e12,
    gpus: [],
    gpuReason: "nobody was asked",
    modelFiles: [],
    skills: [],
    tags: [],
    nodeVersion: "20",
    models: slots > 0 ? ["diffuse"] : [],
    slots,
  },
  load: {
    cpuUsage: 0.4,
    memoryBytes: 2e8,
    eventLoopDelayMsP99: 11.2,
    eventLoopDelayMsMax: 14,
    machineCpuPercent: 40,
    machineMemoryPercent: 50,
    diskPercent: 30,
    crashesInMinute: 0,
  },
  health: { level: "well", reasons: [] },
  runningTasks: 0,
  address: null,
  hold: null,
  statistics: null,
});
