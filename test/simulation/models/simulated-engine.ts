// The process of an engine in a simulated world: it speaks through the real frames, joins its requests by the
// real batcher, and does with each what its mark says. All else about engines is the product's.
//
//   orders ─▶ (a while in the pipe) ─▶ waits in the batcher ─▶ run with others ─▶ reports ─▶ (a while)

import { RunBatcher } from "#actors/inference/batching/run-batcher.ts";
import type { EngineLife } from "#actors/inference/engine-actor.ts";
import type { EngineChildEvents } from "#actors/inference/engine-child.ts";
import {
  FrameReader,
  frameParts,
  replyBounds,
  requestBounds,
} from "#actors/inference/engine-frames.ts";
import type { EngineMachine, EnginePipe } from "#actors/inference/engine-machine.ts";
import {
  type EngineOrder,
  type EngineReport,
  type EngineRun,
  readOrder,
  readReport,
} from "#actors/inference/engine-messages.ts";
import { Failure } from "#protocols/failure.ts";
import { batchEnd, type Job, readyOf } from "./engine-answers.ts";
import { lostByChance } from "./engine-losses.ts";
import { drawTemper, type EngineTemper } from "./engine-temper.ts";
import { recordFact, recordSight } from "./model-facts.ts";
import { enginesMaxOf, settingsIn } from "./model-rules.ts";
import type { ModelSite } from "./model-site.ts";

/** Milliseconds that a frame is in the pipe. */
const pipeMsMax = 2;

export const machineOf =
  (site: () => ModelSite) =>
  (life: EngineLife): EngineMachine => {
    const after: EngineMachine["after"] = (ms, act) => {
      const abort = new AbortController();
      life.sleep(ms, abort.signal).then(act, () => undefined);
      return () => abort.abort();
    };
    const { path } = life;
    const copy = path.slice(0, path.lastIndexOf("/"));
    return {
      now: () => life.now(),
      after,
      spawn: (events) =>
        new SimulatedEngine({ site: site(), copy, after, now: () => life.now() }, events),
    };
  };

interface EngineWorld extends Pick<EngineMachine, "after" | "now"> {
  readonly site: ModelSite;
  /** Path of the version's actor that it is for. */
  readonly copy: string;
}

class SimulatedEngine implements EnginePipe {
  readonly gone: Promise<Failure>;
  readonly pid: number;
  readonly #world: EngineWorld;
  readonly #events: EngineChildEvents;
  readonly #reader = new FrameReader(requestBounds);
  readonly #told = new FrameReader(replyBounds);
  readonly #jobs = new Map<number, Job>();
  #end: (why: Failure) => void = () => undefined;
  #temper: EngineTemper | undefined;
  #batcher: RunBatcher | undefined;
  #run: readonly Job[] = [];
  #isGone = false;

  constructor(world: EngineWorld, events: EngineChildEvents) {
    this.#world = world;
    this.#events = events;
    this.pid = world.site.nextEngine();
    this.gone = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  send(order: EngineOrder, payloads: readonly Uint8Array[] = []): void {
    if (this.#isGone) return;
    const pieces = frameParts(order, payloads, requestBounds);
    this.#later(() => {
      for (const { header, payload } of pieces.flatMap((piece) => this.#reader.push(piece))) {
        this.#accept(readOrder(header), payload);
      }
    });
  }

  leave(): void {
    if (this.#temper?.isStubborn && this.#run.length > 0) {
      recordSight(this.#world.site.host, "stubborn engine");
      return;
    }
    this.#die("left");
  }

  kill(): void {
    this.#die("killed");
  }

  /** A process that is gone does nothing more. */
  #after(ms: number, act: () => void): void {
    this.#world.after(ms, () => {
      if (!this.#isGone) act();
    });
  }

  /** What waits in a pipe arrives in the order in which it was written. */
  readonly #pipe: (() => void)[] = [];
  #later(act: () => void): void {
    this.#pipe.push(act);
    this.#after(pipeMsMax, () => this.#pipe.shift()?.());
  }

  #accept(order: EngineOrder, payload: Uint8Array): void {
    if (order.kind === "start") this.#start(order);
    else if (order.kind === "cancel") this.#cancel(order.id);
    else this.#add(order, payload);
  }

  #start({ models, memoryBytesMax = 0 }: Extract<EngineOrder, { kind: "start" }>): void {
    const { site, copy } = this.#world;
    const [{ name, version = 1 } = { name: "", version: 1 }] = models;
    const config = site.terms.configs.get(name) ?? {};
    const settings = settingsIn(config);
    const enginesMax = enginesMaxOf(settings);
    const engine = this.pid;
    site.engines.set(engine, memoryBytesMax);
    const launched = { engine, copy, model: name, version, enginesMax };
    recordFact(site.host, "launched", { ...launched, memoryBytes: memoryBytesMax });
    const temper = drawTemper(site, { name, version });
    this.#temper = temper;
    this.#after(temper.loadMs, () => {
      if (temper.dies === "while it loads") this.#die("was lost while it loaded");
      else if (temper.refusal) this.#tell({ kind: "failed", ...temper.refusal });
      else if (temper.dies !== "never ready") {
        this.#batcher = new RunBatcher(settings.batching);
        this.#tell(readyOf({ name, loadMs: temper.loadMs, itemsMax: settings.batching.itemsMax }));
        if (temper.lostAfterMs !== null)
          this.#after(temper.lostAfterMs, () => this.#die(lostByChance));
      }
    });
  }

  #add(order: EngineRun, payload: Uint8Array): void {
    const [model] = this.#temper?.models ?? [];
    const job: Job = {
      order,
      payload,
      model: model ?? { name: "", version: 0 },
      isCancelled: false,
    };
    this.#jobs.set(order.id, job);
    const arrivedMs = this.#world.now();
    const deadlineMs = arrivedMs + (order.withinMs ?? Number.POSITIVE_INFINITY);
    const bucket = String(order.parameters.shape);
    this.#batcher?.add({ id: order.id, bucket, arrivedMs, deadlineMs });
    this.#pump();
  }

  /** Of what runs the answer becomes a refusal when the run has ended. */
  #cancel(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    job.isCancelled = true;
    if (!this.#batcher?.withdraw(id)) return;
    this.#jobs.delete(id);
    this.#tell({ kind: "refused", id, code: "cancelled", detail: "it was withdrawn" });
  }

  #pump(): void {
    if (this.#run.length > 0) return;
    const nowMs = this.#world.now();
    const next = this.#batcher?.next(nowMs);
    if (next?.kind === "wait") this.#after(Math.max(0, next.untilMs - nowMs), () => this.#pump());
    if (next?.kind !== "run") return;
    this.#run = next.items.flatMap((id) => this.#jobs.get(id) ?? []);
    this.#record("began");
    if (this.#run.length > 1) recordSight(this.#world.site.host, "joined");
    const { ms, how } = batchEnd(this.#run);
    if (how === "hang") return;
    this.#after(ms, () => this.#ran(how, ms));
  }

  #ran(how: "done" | "crash" | "garble", ms: number): void {
    if (how === "crash") {
      this.#die("crashed");
      return;
    }
    const run = this.#run;
    this.#record("over");
    this.#run = [];
    if (how === "garble") {
      this.#garble(run);
      return;
    }
    for (const job of run) {
      this.#jobs.delete(job.order.id);
      this.#answer(job, ms);
    }
    this.#batcher?.measured(String(run[0]?.order.parameters.shape), run.length, ms);
    this.#pump();
  }

  #answer({ order, payload, model, isCancelled }: Job, inferMs: number): void {
    const { id, parameters } = order;
    if (isCancelled) {
      this.#tell({ kind: "refused", id, code: "cancelled", detail: "it was withdrawn" });
    } else if (parameters.mark === "refuse") {
      this.#tell({ kind: "refused", id, code: "bad_image", detail: "it cannot be read" });
    } else {
      const file = { name: "image", contentType: "text/plain", size: payload.byteLength };
      const times = { decodeMs: 1, inferMs, encodeMs: 1, runs: [] };
      const figures = { version: model.version };
      this.#tell({ kind: "done", id, files: [file], figures, times }, payload);
    }
  }

  /** In the place of an answer comes what no engine says, or what nobody has asked. */
  #garble([first]: readonly Job[]): void {
    recordSight(this.#world.site.host, "garbled");
    const id = (first?.order.id ?? 0) + 1_000_000;
    const isFrame = (first?.order.id ?? 0) % 2 === 0;
    if (isFrame) this.#tell({ kind: "refused", id, code: "invalid", detail: "nobody asked" });
    else this.#later(() => this.#events.broken(new Failure("corrupt", "it says nothing")));
  }

  #tell(report: EngineReport, payload: Uint8Array = new Uint8Array()): void {
    const pieces = frameParts(report, [payload], replyBounds);
    this.#later(() => {
      for (const frame of pieces.flatMap((piece) => this.#told.push(piece))) {
        this.#events.report(readReport(frame.header), frame.payload);
      }
    });
  }

  #die(how: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const { site } = this.#world;
    if (this.#run.length > 0) this.#record("over");
    site.engines.delete(this.pid);
    const requests = [...this.#jobs.values()].map(({ order }) => Number(order.parameters.request));
    recordFact(site.host, "gone", { engine: this.pid, how, requests });
    recordSight(site.host, `engine ${how}`);
    this.#end(new Failure("engine_lost", `the simulated process ${this.pid} ${how}`));
  }

  #record(name: "began" | "over"): void {
    const requests = this.#run.map(({ order }) => Number(order.parameters.request));
    recordFact(this.#world.site.host, name, { engine: this.pid, requests });
  }
}
