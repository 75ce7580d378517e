// Runs models on images in a process of its own, because a model run can neither be interrupted nor
// trusted: what goes wrong there ends that process and nothing else.
//
//   run() ─▶ waiting ─▶ in the pipe (read, run, written) ─▶ reply
//                           │
//                           └ the first one is timed: past runTimeoutMs it is asked to end, and
//                             when it does not, the process is killed; sooner where
//                             that is not worth it any more (`run-watch.ts`)
//
// A process is never revived: after `exited` or `stop`, start another.
import { resolve } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type EngineMachine, type EnginePipe, thisMachine } from "./engine-machine.ts";
import type { EngineReport } from "./engine-messages.ts";
import {
  type EngineOutcome,
  EngineRequest,
  type EngineTurn,
  type RunReply,
  type RunRequest,
} from "./engine-request.ts";
import { type EngineReady, type EngineSpec, refuseUnfit } from "./engine-spec.ts";
import { type Doubts, type EngineEnding, RequestLine } from "./request-line.ts";
import { RunClock } from "./run-clock.ts";
import { runOrderOf } from "./run-order.ts";
import { RunWatch, type WatchEvents } from "./run-watch.ts";

export interface EngineEvents {
  /**
   * Called once when the process has ended and its folder is removed; not after `stop`. `broken off`: it
   * was killed since nobody waited for what it ran, which is no fault of its own.
   */
  exited(why: Failure, how: "lost" | "broken off"): void;
}

/** Requests that one engine holds, waiting or in the pipe. Full: `queue_full`. */
export const engineRequestsMax = limits.workerSlotsMax;

const stopGraceMs = 1_000;

type ReadyReport = Extract<EngineReport, { kind: "ready" }>;
type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "ready" }
  | { readonly kind: "ended"; readonly why: Failure };

export class EngineProcess {
  /**
   * Settles once: when all models are loaded and warm, or with `model_failed` (a model does not
   * load or run), `unavailable` (its server is away), `timeout` (startTimeoutMs) or `engine_lost`. Not listening to it is no error.
   */
  readonly ready: Promise<EngineReady>;
  readonly #spec: EngineSpec;
  readonly #machine: EngineMachine;
  readonly #child: EnginePipe;
  readonly #gone: Promise<void>;
  readonly #line = new RequestLine();
  readonly #clock: RunClock;
  /** What was not answered when the process ended, until there is word of its end. */
  #doubts: Doubts = { suspected: [], unbegun: [] };
  #becomeReady: (ready: EngineReady) => void = () => undefined;
  #failToStart: (why: Failure) => void = () => undefined;
  #phase: Phase = { kind: "starting" };
  readonly #callOffStart: () => void;
  readonly #watch: RunWatch;
  #isBrokenOff = false;
  #nextId = 1;
  #stopping: Promise<void> | undefined;

  private constructor(spec: EngineSpec, events: EngineEvents, machine: EngineMachine) {
    this.#spec = spec;
    this.#machine = machine;
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve;
      this.#failToStart = reject;
    });
    this.ready.catch(() => undefined);
    this.#child = machine.spawn({
      report: (report, payload) => this.#accept(report, payload),
      broken: (why) => this.#end(lost(`the engine broke the protocol: ${why.detail}`)),
    });
    this.#gone = this.#outlive(events);
    const overdue = (entry: EngineRequest): void => this.#askToEnd(entry);
    const unheeded = (entry: EngineRequest): void => this.#endRun(entry);
    this.#clock = new RunClock(spec.runTimeoutMs, { overdue, unheeded }, machine);
    const endRun: WatchEvents["endRun"] = (why, which) => this.#breakOff(why, which);
    this.#watch = new RunWatch(this.#line, machine, { endRun });
    this.#callOffStart = machine.after(spec.startTimeoutMs, () => {
      const detail = `the engine was not ready within ${spec.startTimeoutMs} ms and was killed`;
      this.#end(new Failure("timeout", detail));
    });
    this.#sendStart();
  }

  /** Returns at once; see `ready`. Throws `invalid`, or `engine_lost` when there is no folder. */
  static start(spec: EngineSpec, events: EngineEvents, machine = thisMachine): EngineProcess {
    refuseUnfit(spec);
    return new EngineProcess(spec, events, machine);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Does what the model is for. Runs begin in the order made, and answers come in that in which they end. The
   * files are not copied: leave them unchanged until there is an answer.
   *
   * Rejects with `bad_image`, `size_mismatch`, `too_large`, `model_failed`; `invalid`, `not_found`
   * (no such model), `queue_full`; `timeout` when this request ran too long, `engine_lost` when the
   * process ended with it or was stopped, `unavailable` when it ended before the process had the
   * request, after `exited`; `cancelled` by the signal, at once even when it runs.
   */
  async run(request: RunRequest, signal?: AbortSignal): Promise<RunReply> {
    const outcome = await this.attempt(request, signal);
    if (outcome.kind === "done") return outcome.reply;
    throw outcome.kind === "unbegun"
      ? new Failure("unavailable", `the engine ended before it had the request: ${outcome.detail}`)
      : lost(outcome.detail);
  }

  /**
   * The same for whoever has another process to go to when this one ends: what it has not done is told
   * after `exited`. One that runs alone and ends the process with it rejects with `model_failed`.
   */
  async attempt(turn: EngineTurn, signal?: AbortSignal): Promise<EngineOutcome> {
    if (signal?.aborted) throw new Failure("cancelled", "the request was withdrawn already");
    if (this.#phase.kind === "ended") return this.#tooLate(this.#phase.why);
    const order = runOrderOf(turn, { id: this.#nextId++, models: this.#spec.models });
    if (this.#line.count >= engineRequestsMax) {
      const detail = `the engine holds ${engineRequestsMax} requests: wait for an answer`;
      throw new Failure("queue_full", detail);
    }
    const begun = { ...turn, beganMs: this.#machine.now() };
    const entry = new EngineRequest(order, begun, signal, (one) => this.#withdraw(one));
    this.#line.add(entry);
    this.#fillPipe();
    return entry.outcome;
  }

  /**
   * Ends the process: requests fail with `engine_lost`, and it is killed when it has not left within
   * a second. Resolves when it is reaped and its folder is removed.
   */
  stop(): Promise<void> {
    this.#stopping ??= Promise.resolve().then(() => this.#stop());
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const why = lost("the engine was stopped");
    this.#conclude(why);
    for (const entry of Object.values(this.#doubts).flat()) entry.fail(why);
    this.#child.leave();
    const callOffKill = this.#machine.after(stopGraceMs, () => this.#child.kill());
    await this.#gone.then(callOffKill);
  }

  async #outlive(events: EngineEvents): Promise<void> {
    const ending = await this.#child.gone;
    this.#conclude(ending);
    const why = this.#phase.kind === "ended" ? this.#phase.why : ending;
    if (!this.#stopping) events.exited(why, this.#isBrokenOff ? "broken off" : "lost");
    for (const entry of this.#doubts.suspected) this.#suspect(entry, why);
    for (const entry of this.#doubts.unbegun) entry.end("unbegun", why.detail);
  }

  #suspect(entry: EngineRequest, { detail }: Failure): void {
    if (entry.isAlone) {
      entry.fail(new Failure("model_failed", `its process ended when it ran alone: ${detail}`));
    } else entry.end("suspected", detail);
  }

  async #tooLate({ detail }: Failure): Promise<EngineOutcome> {
    if (this.#stopping) throw lost(detail);
    await this.#gone;
    return { kind: "unbegun", detail };
  }

  #sendStart(): void {
    const models = this.#spec.models.map((model) => ({ ...model, folder: resolve(model.folder) }));
    const { threads, memoryBytesMax, startTimeoutMs } = this.#spec;
    const bounds = { startTimeoutMs, ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }) };
    this.#child.send({ kind: "start", models, threads, ...bounds, ownerPid: process.pid });
  }

  #fillPipe(): void {
    while (this.#phase.kind === "ready") {
      const entry = this.#line.sendNext();
      if (!entry) break;
      this.#child.send(entry.orderAt(this.#machine.now()), entry.files);
    }
    if (this.#phase.kind === "ready") this.#clock.follow(this.#line.first);
  }

  #askToEnd(entry: EngineRequest): void {
    entry.overdue = this.#line.atWork.length === 1 ? "alone" : "with others";
    this.#child.send({ kind: "cancel", id: entry.order.id });
  }

  #endRun(entry: EngineRequest): void {
    const why = this.#overdue(entry, "; its process was killed");
    // Of several that run together any may be the one that does not end.
    if (this.#line.atWork.length === 1) entry.fail(why);
    this.#end(why, "late");
  }

  #overdue({ order }: EngineRequest, what = ""): Failure {
    const text = `a run of model ${order.model} took more than ${this.#spec.runTimeoutMs} ms${what}`;
    return new Failure("timeout", text);
  }

  #withdraw(entry: EngineRequest): void {
    if (this.#line.leave(entry)) {
      this.#fillPipe();
      return;
    }
    this.#child.send({ kind: "cancel", id: entry.order.id });
    this.#watch.waitersChanged();
  }

  #breakOff(what: string, which: "withdrawn" | "stuck" | "in the way"): void {
    const text = `${what}; its process was killed`;
    this.#isBrokenOff = true;
    if (which === "in the way") this.#line.first?.end("suspected", text);
    this.#end(lost(text), "late");
  }

  #accept(report: EngineReport, payload: Uint8Array): void {
    if (this.#phase.kind === "ended") return;
    switch (report.kind) {
      case "ready":
        this.#markReady(report);
        break;
      case "failed":
        this.#end(new Failure(report.code, report.detail));
        break;
      case "at work":
        this.#line.isAtWork(report.ids);
        this.#watch.began(report.expectedMs);
        break;
      case "stage":
        this.#line.sent(report.id)?.isAt(report.stage);
        break;
      case "done":
        this.#settle(report.id, (entry) => entry.answer(report, payload));
        break;
      case "refused":
        this.#settle(report.id, (entry) =>
          entry.refuse(new Failure(report.code, report.detail), this.#overdue(entry)),
        );
        break;
      default:
        report satisfies never;
    }
  }

  #markReady({ models, onnxruntimeVersion, together, requestsMax }: ReadyReport): void {
    this.#callOffStart();
    this.#line.open({ together, sentMax: requestsMax });
    this.#watch.open(models.reduce((sum, { loadMs, warmupMs }) => sum + loadMs + warmupMs, 0));
    this.#phase = { kind: "ready" };
    this.#becomeReady({ pid: this.pid, models, requestsMax, onnxruntimeVersion });
    this.#fillPipe();
  }

  #settle(id: number, settle: (entry: EngineRequest) => void): void {
    const entry = this.#line.answered(id);
    if (!entry) {
      this.#end(lost(`the engine answered request ${id}, which it does not have`));
      return;
    }
    settle(entry);
    this.#watch.waitersChanged();
    this.#fillPipe();
  }

  #end(why: Failure, ending: EngineEnding = "lost"): void {
    this.#conclude(why, ending);
    this.#child.kill();
  }

  /** Nothing is accepted or answered any more. Only the first reason counts. */
  #conclude(why: Failure, ending: EngineEnding = "lost"): void {
    if (this.#phase.kind === "ended") return;
    this.#phase = { kind: "ended", why };
    this.#callOffStart();
    this.#watch.stop();
    this.#clock.stop();
    this.#failToStart(why);
    // They may go to the next process, as soon as there is word of this one's end.
    this.#doubts = this.#line.end(ending);
  }
}

const lost = (detail: string): Failure => new Failure("engine_lost", detail);
