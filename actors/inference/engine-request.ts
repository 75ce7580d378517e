// One request to an engine process: what is asked, and the promise of its answer, which settles once.
import { Failure } from "#protocols/failure.ts";
import type { EngineRepair, EngineRepaired, RepairFigures } from "./engine-messages.ts";

export interface RepairRequest {
  readonly model: string;
  /** A whole JPEG, PNG, GIF, WebP, TIFF or AVIF file. */
  readonly image: Uint8Array;
  /** Likewise, of the same size when both are upright; lighter than middle grey is to be filled. */
  readonly mask: Uint8Array;
  readonly options: EngineRepair["options"];
  /** 1 to 100; of JPEG and WebP. */
  readonly outputQuality: number;
  /** Until nobody waits for the answer any more. Default: somebody always does. */
  readonly withinMs?: number;
}

export interface RepairReply {
  readonly bytes: Uint8Array;
  /** That of the input; `jpeg` for AVIF. */
  readonly format: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly figures: RepairFigures;
}

export class EngineRequest {
  readonly order: EngineRepair;
  readonly files: readonly Uint8Array[];
  readonly reply: Promise<RepairReply>;
  readonly #signal: AbortSignal | undefined;
  readonly #withdraw: () => void;
  readonly #beganMs = performance.now();
  #isWithdrawn = false;
  #resolve: (reply: RepairReply) => void = () => undefined;
  #reject: (why: Failure) => void = () => undefined;

  /** `withdrawn` is called when the signal is aborted before there is an answer. */
  constructor(
    order: EngineRepair,
    files: readonly Uint8Array[],
    signal: AbortSignal | undefined,
    withdrawn: (request: EngineRequest) => void,
  ) {
    this.order = order;
    this.files = files;
    this.reply = new Promise((resolve, reject) => {
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

  /** What is left of its time, by `performance.now`. */
  orderAt(nowMs: number): EngineRepair {
    const { withinMs } = this.order;
    if (withinMs === undefined) return this.order;
    return { ...this.order, withinMs: Math.max(0, this.#beganMs + withinMs - nowMs) };
  }

  /** Does nothing when it has failed before. */
  answer(report: EngineRepaired, bytes: Uint8Array): void {
    this.#signal?.removeEventListener("abort", this.#withdraw);
    const { format, contentType, width, height, figures } = report;
    this.#resolve({ bytes, format, contentType, width, height, figures });
  }

  /** Does nothing when it has an answer or failed before. */
  fail(why: Failure): void {
    this.#signal?.removeEventListener("abort", this.#withdraw);
    this.#reject(why);
  }
}
