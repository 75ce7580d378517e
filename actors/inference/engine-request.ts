// One request to an engine process: what is asked, and the promise of its answer, which settles once.
import { Failure } from "#protocols/failure.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { fileParts } from "./engine-frames.ts";
import type { EngineDone, EngineRun, RunStage, RunTimes } from "./engine-messages.ts";

/** What the model needs of it is said by its work (`works/`). */
export interface RunRequest {
  readonly model: string;
  /** Of the task: one that is a kind of work goes to no model of another kind. */
  readonly type?: string;
  /** Whole files by name, such as `image` and `mask`; at most 8. */
  readonly files: readonly Pick<TaskFile, "name" | "bytes">[];
  readonly parameters: TaskParameters;
  /** Of the task, 0 to 9, of which 0 is the most urgent. Default: 2. */
  readonly priority?: number;
  /** Until nobody waits for the answer any more. Default: somebody always does. */
  readonly withinMs?: number;
  /** An attempt before this one did not end well: nothing else is run with it. */
  readonly isRetried?: true;
  /** Called as it gets on, on this machine only. Default: nobody is told. */
  readonly told?: (stage: RunStage) => void;
}

export interface RunReply {
  readonly files: readonly TaskFile[];
  /** What the work tells of its result, such as width, height and format. */
  readonly figures: TaskParameters;
  readonly times: RunTimes;
}

/** A request for one process; it is made of another one when that process ends without an answer. */
export interface EngineTurn extends RunRequest {
  /** Run when nothing else is in the process: whatever ends it then is this one's fault. */
  readonly isAlone?: true;
  /** It was in the way of others when it ran alone: now it comes behind them, and may take its time. */
  readonly isAside?: true;
  /** How long a run took of which it was a part, as a rule: its process does not know that yet. */
  readonly usualMs?: number;
}

/** Whoever asked and can ask another process does so, unless it is done. */
export type EngineOutcome =
  | { readonly kind: "done"; readonly reply: RunReply }
  /** The process has ended, and had not begun it. */
  | { readonly kind: "unbegun"; readonly detail: string }
  /** The process has ended with it: to be run alone, which tells whether by it. */
  | { readonly kind: "suspected"; readonly detail: string; readonly usualMs?: number };

export class EngineRequest {
  readonly order: EngineRun;
  readonly files: readonly Uint8Array[];
  readonly isAlone: boolean;
  readonly isAside: boolean;
  readonly outcome: Promise<EngineOutcome>;
  /** How long the runs take that it is part of, where that is known. */
  usualMs: number | undefined;
  /** Its run has taken too long, and was asked to end. */
  overdue: "alone" | "with others" | undefined;
  readonly #told: EngineTurn["told"];
  readonly #signal: AbortSignal | undefined;
  readonly #withdraw: () => void;
  readonly #beganMs: number;
  #isWithdrawn = false;
  #resolve: (outcome: EngineOutcome) => void = () => undefined;
  #reject: (why: Failure) => void = () => undefined;

  /** `beganMs`: of its owner's clock. `withdrawn` is called when the signal is aborted before there is an answer. */
  constructor(
    order: EngineRun,
    {
      files,
      isAlone,
      isAside,
      usualMs,
      told,
      beganMs,
    }: Omit<EngineTurn, "model" | "parameters"> & { readonly beganMs: number },
    signal: AbortSignal | undefined,
    withdrawn: (request: EngineRequest) => void,
  ) {
    this.order = order;
    this.files = files.map(({ bytes }) => bytes);
    this.isAlone = isAlone === true;
    this.isAside = isAside === true;
    this.usualMs = usualMs;
    this.#told = told;
    this.#beganMs = beganMs;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#signal = signal;
    this.#withdraw = () => {
      this.#isWithdrawn = true;
      this.fail(new Failure("cancelled", `the request to model ${order.model} was withdrawn`));
      withdrawn(this);
    };
    signal?.addEventListener("abort", this.#withdraw, { once: true });
  }

  get isWithdrawn(): boolean {
    return this.#isWithdrawn;
  }

  /** Nobody is told any more of what was withdrawn. */
  isAt(stage: RunStage): void {
    if (!this.#isWithdrawn) this.#told?.(stage);
  }

  /** What is left of its time, by its owner's clock. */
  orderAt(nowMs: number): EngineRun {
    const { withinMs } = this.order;
    if (withinMs === undefined) return this.order;
    return { ...this.order, withinMs: Math.max(0, this.#beganMs + withinMs - nowMs) };
  }

  /** Does nothing when it has failed before. */
  answer(report: EngineDone, payload: Uint8Array): void {
    this.#signal?.removeEventListener("abort", this.#withdraw);
    const { figures, times } = report;
    const parts = fileParts(report.files, payload);
    if (!parts) {
      this.fail(new Failure("engine_lost", "the engine's answer has another size than it says"));
      return;
    }
    const files = parts.map(({ size: _, ...file }) => file);
    this.#resolve({ kind: "done", reply: { files, figures, times } });
  }

  /**
   * The process has refused it. When it was asked to end and has heeded that, it fails as `late`: unless
   * others ran with it, of which any may be the slow one. Then it is run alone, which tells.
   */
  refuse(why: Failure, late: Failure): void {
    if (this.overdue === undefined || why.code !== "cancelled") this.fail(why);
    else if (this.overdue === "alone") this.fail(late);
    else this.end("suspected", late.detail);
  }

  /** Does nothing when it has an answer or failed before. */
  end(kind: "unbegun" | "suspected", detail: string): void {
    this.#signal?.removeEventListener("abort", this.#withdraw);
    const { usualMs } = this;
    this.#resolve({ kind, detail, ...(usualMs === undefined ? {} : { usualMs }) });
  }

  /** Does nothing when it has an answer or failed before. */
  fail(why: Failure): void {
    this.#signal?.removeEventListener("abort", this.#withdraw);
    this.#reject(why);
  }
}
