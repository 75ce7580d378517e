// The engine process: takes orders on stdin, answers on stdout. Decoding untrusted images and
// running models happen here and nowhere else, so that the owner can end both by ending the process.
import { Console } from "node:console";
import { rmdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import { itemsTogether } from "../batching/batched-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import { FrameReader, frameParts, replyBounds, requestBounds } from "../engine-frames.ts";
import {
  type EngineRepair,
  type EngineReport,
  type EngineStart,
  type ModelReady,
  readOrder,
  refusalOf,
  requestsInPipe,
} from "../engine-messages.ts";
import { loadFiller } from "../fillers/load-filler.ts";
import type { Signature } from "../fillers/model-form.ts";
import { warmUp } from "../fillers/trial-picture.ts";
import type { Filler } from "../inpaint/filler.ts";
import { refuseUndeclared } from "../repository/declared-ports.ts";
import { prepareDecoders } from "./decode.ts";
import { readModelFolder } from "./model-folder.ts";
import type { TensorPort } from "./network.ts";
import { onnxruntimeVersion } from "./onnx-network.ts";
import type { RepairedImage } from "./repair.ts";
import { RepairQueue } from "./repair-queue.ts";

const writeToOwner = process.stdout.write.bind(process.stdout);

/** Only frames may reach stdout: whatever else would print there goes to stderr. */
function reserveStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr);
  globalThis.console = new Console(process.stderr, process.stderr);
}

function report(header: EngineReport, payload: Uint8Array = Buffer.alloc(0)): void {
  for (const part of frameParts(header, [payload], replyBounds)) {
    if (part.byteLength > 0) writeToOwner(part);
  }
}

class Engine {
  #queue: RepairQueue | undefined;
  #isStarted = false;

  /** Fails with `corrupt` when the owner breaks the protocol. */
  accept(header: unknown, payload: Uint8Array): void {
    const order = readOrder(header);
    if (order.kind === "start") {
      if (this.#isStarted) throw new Failure("corrupt", "started twice");
      this.#isStarted = true;
      void this.#start(order);
      return;
    }
    if (!this.#queue) throw new Failure("corrupt", `${order.kind} before ready`);
    if (order.kind === "cancel") this.#queue.cancel(order.id);
    else this.#queue.add(order, ...filesOf(order, payload));
  }

  async #start(order: EngineStart): Promise<void> {
    try {
      startWatch(order);
      prepareDecoders(order.threads);
      const models = new Map<string, Filler>();
      const figures: ModelReady[] = [];
      let itemsMax = 1;
      for (const place of order.models) {
        const { filler, signature, batching, ...times } = await loadModel(place, order.threads);
        itemsMax = Math.max(itemsMax, itemsTogether(signature, batching));
        models.set(place.name, filler);
        const { inputs, outputs } = signature;
        const ports = { inputs: shownPorts(inputs), outputs: shownPorts(outputs) };
        figures.push({ name: place.name, ...times, ...ports });
      }
      const answers = {
        repaired: (id: number, { file, ...facts }: RepairedImage) =>
          report({ kind: "repaired", id, ...facts }, file),
        refused: (id: number, why: Failure) => report({ kind: "refused", id, ...refusalOf(why) }),
      };
      this.#queue = new RepairQueue(models, answers, { itemsMax });
      const requestsMax = requestsInPipe(itemsMax);
      const version = onnxruntimeVersion();
      report({ kind: "ready", models: figures, requestsMax, onnxruntimeVersion: version });
    } catch (cause) {
      report({ kind: "failed", ...refusalOf(Failure.of(cause)) });
    }
  }
}

const shownPorts = (ports: readonly TensorPort[]): ModelReady["inputs"] =>
  ports.map(({ shape, ...port }) => ({ ...port, shape: [...shape] }));

function filesOf(order: EngineRepair, payload: Uint8Array): readonly [Uint8Array, Uint8Array] {
  if (order.imageBytes + order.maskBytes !== payload.byteLength) {
    throw new Failure("corrupt", `the payload of request ${order.id} has another size`);
  }
  return [payload.subarray(0, order.imageBytes), payload.subarray(order.imageBytes)];
}

function startWatch({ ownerPid, memoryBytesMax }: EngineStart): void {
  const watch = new URL("./owner-watch.mjs", import.meta.url);
  new Worker(watch, { workerData: { ownerPid, memoryBytesMax }, execArgv: [] }).unref();
}

interface LoadedModel {
  readonly filler: Filler;
  readonly signature: Signature;
  readonly batching: BatchTerms;
  readonly loadMs: number;
  readonly warmupMs: number;
}

async function loadModel(
  place: EngineStart["models"][number],
  threads: number,
): Promise<LoadedModel> {
  const startedAt = performance.now();
  const { name } = place;
  const folder = await readModelFolder(name, place.folder, place.version);
  const { filler, signature } = await loadFiller(name, folder, threads);
  refuseUndeclared(name, folder.settings, signature);
  const loadedAt = performance.now();
  await warmUp(filler);
  const { batching } = folder.settings;
  const times = { loadMs: loadedAt - startedAt, warmupMs: performance.now() - loadedAt };
  return { filler, signature, batching, ...times };
}

/** The owner closed the pipe, or died. */
function leave(): void {
  try {
    rmdirSync(process.cwd());
  } catch {
    // The owner removes it when it lives.
  }
  process.exit(0);
}

function run(): void {
  reserveStdout();
  const engine = new Engine();
  const reader = new FrameReader(requestBounds);
  process.stdin.on("data", (piece: Buffer) => {
    for (const { header, payload } of reader.push(piece)) engine.accept(header, payload);
  });
  process.stdin.on("end", leave);
  process.stdout.on("error", leave);
  // Ctrl-C reaches the whole group of processes; the owner decides when this one ends.
  process.on("SIGINT", () => undefined);
}

run();
