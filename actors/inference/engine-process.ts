// Runs models on images in a process of its own, because a model run can neither be interrupted nor
// trusted: what goes wrong there ends that process and nothing else.
//
//   run() ─▶ waiting ─▶ in the pipe (as many as run together, and one) ─▶ reply
//                           │
//                           └ the first one is timed: past runTimeoutMs the process is killed
//
// A process is never revived: after `exited` or `stop`, start another.
import { resolve } from "node:path";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { EngineChild } from "./engine-child.ts";
import { frameParts, requestBounds } from "./engine-frames.ts";
import { type EngineReport, EngineRun } from "./engine-messages.ts";
import { EngineRequest, type RunReply, type RunRequest } from "./engine-request.ts";
import { type EngineReady, type EngineSpec, refuseUnfit } from "./engine-spec.ts";

export interface EngineEvents {
  /** Called once when the process has ended and its folder is removed; not after `stop`. */
  exited(why: Failure): void;
}

/** Requests that one engine holds, waiting or in the pipe. Full: `queue_full`. */
export const engineRequestsMax = limits.workerSlotsMax;

const stopGraceMs = 1_000;
const breakGraceMs = 1_000;
const readingMs = 50;
const runCheck = Compile(EngineRun);

type ReadyReport = Extract<EngineReport, { kind: "ready" }>;
type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "ready" }
  | { readonly kind: "ended"; readonly why: Failure };

export class EngineProcess {
  /**
   * Settles once: when all models are loaded and warm, or with `model_failed` (a model does not
   * load or run), `timeout` (startTimeoutMs) or `engine_lost`. Not listening to it is no error.
   */
  readonly ready: Promise<EngineReady>;
  readonly #spec: EngineSpec;
  readonly #child: EngineChild;
  readonly #gone: Promise<void>;
  readonly #waiting: EngineRequest[] = [];
  /** In the order sent, which is the order of work. Withdrawn ones stay until they are answered. */
  readonly #inPipe = new Map<number, EngineRequest>();
  #becomeReady: (ready: EngineReady) => void = () => undefined;
  #failToStart: (why: Failure) => void = () => undefined;
  #phase: Phase = { kind: "starting" };
  #timer: NodeJS.Timeout;
  #breaking: NodeJS.Timeout | undefined;
  #timedId = 0;
  #inPipeMax = 1;
  /** What a process costs to replace: a run is only broken off when it has taken longer. */
  #startMs = 0;
  #nextId = 1;
  #stopping: Promise<void> | undefined;

  private constructor(spec: EngineSpec, events: EngineEvents) {
    this.#spec = spec;
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve;
      this.#failToStart = reject;
    });
    this.ready.catch(() => undefined);
    this.#child = EngineChild.spawn({
      report: (report, payload) => this.#accept(report, payload),
      broken: (why) => this.#end(lost(`the engine broke the protocol: ${why.detail}`)),
    });
    this.#gone = this.#outlive(events);
    this.#timer = setTimeout(() => {
      const detail = `the engine was not ready within ${spec.startTimeoutMs} ms and was killed`;
      this.#end(new Failure("timeout", detail));
    }, spec.startTimeoutMs);
    this.#sendStart();
  }

  /** Returns at once; see `ready`. Throws `invalid`, or `engine_lost` when there is no folder. */
  static start(spec: EngineSpec, events: EngineEvents): EngineProcess {
    refuseUnfit(spec);
    return new EngineProcess(spec, events);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Does what the model is for. Requests are answered in the order made. The files are not copied:
   * leave them unchanged until there is an answer.
   *
   * Rejects with `bad_image`, `size_mismatch`, `too_large`, `model_failed`; `invalid`, `not_found`
   * (no such model), `queue_full`; `timeout` when this request ran too long, `engine_lost` when the
   * process ended with it or was stopped, `unavailable` when it ended before the process had the
   * request, after `exited`; `cancelled` by the signal, at once even when it runs.
   */
  async run(request: RunRequest, signal?: AbortSignal): Promise<RunReply> {
    if (signal?.aborted) throw new Failure("cancelled", "the request was withdrawn already");
    if (this.#phase.kind === "ended") throw await this.#tooLate(this.#phase.why);
    const order = this.#orderFor(request);
    if (this.#waiting.length + this.#inPipe.size >= engineRequestsMax) {
      const detail = `the engine holds ${engineRequestsMax} requests: wait for an answer`;
      throw new Failure("queue_full", detail);
    }
    const files = request.files.map(({ bytes }) => bytes);
    const entry = new EngineRequest(order, files, signal, (withdrawn) => this.#withdraw(withdrawn));
    this.#waiting.push(entry);
    this.#fillPipe();
    return entry.reply;
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
    this.#conclude(lost("the engine was stopped"));
    this.#child.leave();
    const killing = setTimeout(() => this.#child.kill(), stopGraceMs);
    await this.#gone;
    clearTimeout(killing);
  }

  async #outlive(events: EngineEvents): Promise<void> {
    const ending = await this.#child.gone;
    this.#conclude(ending);
    const wasAskedFor = this.#stopping !== undefined;
    if (!wasAskedFor && this.#phase.kind === "ended") events.exited(this.#phase.why);
    for (const entry of this.#waiting.splice(0)) entry.fail(unbegun(ending));
  }

  async #tooLate(why: Failure): Promise<Failure> {
    if (this.#stopping) return lost(why.detail);
    await this.#gone;
    return unbegun(why);
  }

  #sendStart(): void {
    const models = this.#spec.models.map((model) => ({ ...model, folder: resolve(model.folder) }));
    const { threads, memoryBytesMax } = this.#spec;
    const bound = memoryBytesMax === undefined ? {} : { memoryBytesMax };
    this.#child.send({ kind: "start", models, threads, ...bound, ownerPid: process.pid });
  }

  #orderFor({ model, parameters, files: given, withinMs }: RunRequest): EngineRun {
    if (!this.#spec.models.some(({ name }) => name === model)) {
      const known = this.#spec.models.map(({ name }) => name).join(", ");
      throw new Failure("not_found", `the engine has no model ${model}, only ${known}`);
    }
    for (const { name, bytes } of given) refuseTooLarge(name, bytes);
    const files = given.map(({ name, bytes }) => ({ name, size: bytes.byteLength }));
    const until = withinMs === undefined ? {} : { withinMs };
    const order = { kind: "run", id: this.#nextId++, model, parameters, ...until, files };
    if (runCheck.Check(order)) {
      // Refused here, and not when its turn to be sent comes.
      frameParts(
        order,
        given.map(({ bytes }) => bytes),
        requestBounds,
      );
      return order;
    }
    const first = runCheck.Errors(order)[0];
    throw new Failure("invalid", `run request: ${first?.instancePath} ${first?.message}`);
  }

  #fillPipe(): void {
    while (this.#phase.kind === "ready" && this.#inPipe.size < this.#inPipeMax) {
      const entry = this.#waiting.shift();
      if (!entry) break;
      this.#inPipe.set(entry.order.id, entry);
      this.#child.send(entry.orderAt(performance.now()), entry.files);
    }
    this.#timeFirst();
  }

  /** The clock of a request starts when it becomes the first in the pipe. */
  #timeFirst(): void {
    if (this.#phase.kind !== "ready") return;
    const [first] = this.#inPipe.values();
    const id = first?.order.id ?? 0;
    if (id === this.#timedId) return;
    this.#timedId = id;
    clearTimeout(this.#timer);
    if (!first) return;
    // An answer that came while this thread was busy is read before the process is blamed.
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#endRun(first), readingMs);
    }, this.#spec.runTimeoutMs);
  }

  #endRun(entry: EngineRequest): void {
    const detail = `a run of model ${entry.order.model} took more than ${this.#spec.runTimeoutMs} ms`;
    const why = new Failure("timeout", `${detail}; its process was killed`);
    entry.fail(why);
    this.#end(why);
  }

  #withdraw(entry: EngineRequest): void {
    const at = this.#waiting.indexOf(entry);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      return;
    }
    this.#child.send({ kind: "cancel", id: entry.order.id });
    this.#endIdleRunSoon();
  }

  /** A run that nobody waits for cannot be interrupted; its process can. */
  #endIdleRunSoon(): void {
    clearTimeout(this.#breaking);
    const graceMs = Math.max(breakGraceMs, 2 * this.#startMs);
    this.#breaking = setTimeout(() => {
      const entries = [...this.#inPipe.values()];
      if (entries.length === 0 || !entries.every(({ isWithdrawn }) => isWithdrawn)) return;
      this.#end(lost("what it ran was withdrawn and did not end; its process was killed"));
    }, graceMs);
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
      case "done":
        this.#settle(report.id, (entry) => entry.answer(report, payload));
        break;
      case "refused":
        this.#settle(report.id, (entry) => entry.fail(new Failure(report.code, report.detail)));
        break;
      default:
        report satisfies never;
    }
  }

  #markReady({ models, onnxruntimeVersion, requestsMax }: ReadyReport): void {
    clearTimeout(this.#timer);
    this.#inPipeMax = requestsMax;
    this.#startMs = models.reduce((sum, { loadMs, warmupMs }) => sum + loadMs + warmupMs, 0);
    this.#phase = { kind: "ready" };
    this.#becomeReady({ pid: this.pid, models, onnxruntimeVersion });
    this.#fillPipe();
  }

  #settle(id: number, settle: (entry: EngineRequest) => void): void {
    const entry = this.#inPipe.get(id);
    if (!entry) {
      this.#end(lost(`the engine answered request ${id}, which it does not have`));
      return;
    }
    this.#inPipe.delete(id);
    settle(entry);
    this.#fillPipe();
  }

  #end(why: Failure): void {
    this.#conclude(why);
    this.#child.kill();
  }

  /** Nothing is accepted or answered any more. Only the first reason counts. */
  #conclude(why: Failure): void {
    if (this.#phase.kind === "ended") return;
    this.#phase = { kind: "ended", why };
    clearTimeout(this.#timer);
    clearTimeout(this.#breaking);
    this.#failToStart(why);
    const entries = [...this.#inPipe.values()];
    this.#inPipe.clear();
    // Those that the process never had may go to the next one, as soon as there is word of its end.
    if (this.#stopping) entries.push(...this.#waiting.splice(0));
    for (const entry of entries) entry.fail(lost(why.detail));
  }
}

const unbegun = ({ detail }: Failure): Failure =>
  new Failure("unavailable", `the engine ended before it had the request: ${detail}`);

const lost = (detail: string): Failure => new Failure("engine_lost", detail);

function refuseTooLarge(what: string, file: Uint8Array): void {
  if (file.byteLength <= limits.imageBytesMax) return;
  const detail = `the ${what} has ${file.byteLength} bytes, at most ${limits.imageBytesMax} are allowed`;
  throw new Failure("too_large", detail);
}
