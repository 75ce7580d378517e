// The engine process: takes orders on stdin, answers on stdout. Decoding untrusted images and
// running models happen here and nowhere else, so that the owner can end both by ending the process.
import { Console } from "node:console";
import { rmdirSync } from "node:fs";
import { setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import type { PresentRun } from "../batching/run-scope.ts";
import {
  FrameReader,
  fileParts,
  frameParts,
  replyBounds,
  requestBounds,
} from "../engine-frames.ts";
import {
  type EngineReport,
  type EngineRun,
  type EngineStart,
  type ModelReady,
  type RunStage,
  type RunTimes,
  readOrder,
  refusalOf,
  requestsInPipe,
} from "../engine-messages.ts";
import type { ModelWork, WorkInput, WorkResult } from "../works/model-work.ts";
import { prepareDecoders } from "./decode.ts";
import { loadModel } from "./load-model.ts";
import { RunThreads } from "./run-threads.ts";
import { WorkQueue } from "./work-queue.ts";

const writeToOwner = process.stdout.write.bind(process.stdout);

/** Only frames may reach stdout: whatever else would print there goes to stderr. */
function reserveStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr);
  globalThis.console = new Console(process.stderr, process.stderr);
}

function report(header: EngineReport, payloads: readonly Uint8Array[] = []): void {
  for (const part of frameParts(header, payloads, replyBounds)) {
    if (part.byteLength > 0) writeToOwner(part);
  }
}

class Engine {
  #queue: WorkQueue | undefined;
  #threads: RunThreads | undefined;
  #isStarted = false;

  /** What it runs does not end when it is to leave. */
  get isRunning(): boolean {
    return this.#threads?.isBusy ?? false;
  }

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
    else this.#queue.add(order, inputOf(order, payload));
  }

  async #start(order: EngineStart): Promise<void> {
    try {
      startWatch(order);
      prepareDecoders(order.threads);
      const threads = RunThreads.start(order.threads);
      this.#threads = threads;
      const models = new Map<string, ModelWork>();
      const figures: ModelReady[] = [];
      let together = 1;
      for (const place of order.models) {
        const loaded = await loadModel(place, { ...order, threads });
        together = Math.max(together, loaded.together);
        models.set(place.name, loaded.work);
        figures.push(loaded.ready);
      }
      await threads.warmed();
      const betweenRuns = (act: () => void): void => threads.betweenRuns(act);
      this.#queue = new WorkQueue(models, { ...answers, betweenRuns }, { itemsMax: together });
      const version = threads.onnxruntimeVersion;
      const bounds = { together, requestsMax: requestsInPipe(together) };
      report({ kind: "ready", models: figures, ...bounds, onnxruntimeVersion: version });
    } catch (cause) {
      report({ kind: "failed", ...refusalOf(Failure.of(cause)) });
    }
  }
}

const answers = {
  done(id: number, { files, figures }: WorkResult, times: RunTimes): void {
    const shown = files.map(({ bytes, ...file }) => ({ ...file, size: bytes.byteLength }));
    const payloads = files.map(({ bytes }) => bytes);
    report({ kind: "done", id, files: shown, figures, times }, payloads);
  },
  atWork({ requests, expectedMs }: PresentRun): void {
    const expected = expectedMs === undefined ? {} : { expectedMs };
    report({ kind: "at work", ids: [...requests], ...expected });
  },
  stage: (id: number, stage: RunStage): void => report({ kind: "stage", id, stage }),
  refused: (id: number, why: Failure): void => report({ kind: "refused", id, ...refusalOf(why) }),
};

function inputOf({ id, files: shown, parameters }: EngineRun, payload: Uint8Array): WorkInput {
  const files = fileParts(shown, payload);
  if (files) return { files, parameters };
  throw new Failure("corrupt", `the payload of request ${id} has another size`);
}

function startWatch({ ownerPid, memoryBytesMax }: EngineStart): void {
  const watch = new URL("./owner-watch.mjs", import.meta.url);
  new Worker(watch, { workerData: { ownerPid, memoryBytesMax }, execArgv: [] }).unref();
}

/** The owner closed the pipe, or died: nobody waits for anything any more. */
function leave({ isRunning }: Engine): void {
  try {
    rmdirSync(process.cwd());
  } catch {
    // The owner removes it when it lives.
  }
  // An exit in order would wait for the run, which may never end.
  if (isRunning) process.kill(process.pid, "SIGKILL");
  process.exit(0);
}

/** Of 19: who does much is served after the event loops of nodes, which do little and soon. */
const niceness = 5;

/** Threads that are made later inherit it. */
function stepBack(): void {
  try {
    setPriority(niceness);
  } catch {
    // A sandbox may forbid the call: then it runs beside them.
  }
}

function run(): void {
  stepBack();
  reserveStdout();
  const engine = new Engine();
  const reader = new FrameReader(requestBounds);
  process.stdin.on("data", (piece: Buffer) => {
    for (const { header, payload } of reader.push(piece)) engine.accept(header, payload);
  });
  process.stdin.on("end", () => leave(engine));
  process.stdout.on("error", () => leave(engine));
  // They reach the whole group of processes, from a terminal as from systemd; the owner decides when this one
  // ends, and first has it finish what is in flight.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
}

run();
