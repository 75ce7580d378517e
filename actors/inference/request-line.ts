// Pure. The requests of one engine process: which wait, which it has, and when it ends, which of them may
// have ended it. An engine has more than it runs together: some are read and some are written meanwhile. It
// says which of them a run is for, or has begun the oldest:
//
//   waiting ─▶ sent: those of the present run │ prepared, read ─▶ answered
//
// A request that was in a process when it ended is suspected, and is to be run alone: then nothing else
// can be to blame.
import type { EngineRequest } from "./engine-request.ts";

/** `lost`: it ended by itself. `late`: it was killed for what was at work and did not end. */
export type EngineEnding = "lost" | "late";

export interface Doubts {
  readonly suspected: readonly EngineRequest[];
  readonly unbegun: readonly EngineRequest[];
}

export class RequestLine {
  readonly #waiting: EngineRequest[] = [];
  /** In the order sent, which is the order of work. Withdrawn ones stay until they are answered. */
  readonly #sent = new Map<number, EngineRequest>();
  /** Of the present run, when the process has said so. */
  #presentRun: readonly number[] = [];
  #together = 1;
  #sentMax = 1;

  get count(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /** How many requests the process runs at a time, and takes at a time. */
  open({ together, sentMax }: { readonly together: number; readonly sentMax: number }): void {
    this.#together = together;
    this.#sentMax = sentMax;
  }

  add(request: EngineRequest): void {
    this.#waiting.push(request);
  }

  /** The next one that is to be sent now, which counts as sent from then on. */
  sendNext(): EngineRequest | undefined {
    const [next] = this.#waiting;
    if (!next || this.#sent.size >= this.#sentMax) return undefined;
    const isShared = [...this.#sent.values()].every(({ isAlone }) => !isAlone);
    if (this.#sent.size > 0 && (next.isAlone || !isShared)) return undefined;
    this.#waiting.shift();
    this.#sent.set(next.order.id, next);
    return next;
  }

  /** False: it was sent already. */
  leave(request: EngineRequest): boolean {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** Undefined: the process does not have it. */
  answered(id: number): EngineRequest | undefined {
    const request = this.#sent.get(id);
    this.#sent.delete(id);
    return request;
  }

  /** What the process has; undefined: nothing of this number. */
  sent(id: number): EngineRequest | undefined {
    return this.#sent.get(id);
  }

  get first(): EngineRequest | undefined {
    const [first] = this.#sent.values();
    return first;
  }

  /** A run of these has begun; of none: it has ended. */
  isAtWork(ids: readonly number[]): void {
    this.#presentRun = ids;
  }

  /** Of the run that the process has told of. */
  get inPresentRun(): readonly EngineRequest[] {
    return this.#presentRun.flatMap((id) => this.#sent.get(id) ?? []);
  }

  /**
   * Those that are in the present run; where it has told of none, any of the oldest may be: behind them,
   * others are only prepared.
   */
  get atWork(): readonly EngineRequest[] {
    const run = this.inPresentRun;
    return run.length > 0 ? run : [...this.#sent.values()].slice(0, this.#together);
  }

  /** Something is at work, and nobody waits for any of it. */
  get isForNobody(): boolean {
    return this.#sent.size > 0 && this.atWork.every(({ isWithdrawn }) => isWithdrawn);
  }

  /** The process has ended; the line is empty after that. */
  end(ending: EngineEnding): Doubts {
    const sent = [...this.#sent.values()];
    const isSuspected = ending === "late" ? this.atWork : sent;
    const suspected = sent.filter((request) => isSuspected.includes(request));
    const rest = sent.filter((request) => !suspected.includes(request));
    this.#sent.clear();
    return { suspected, unbegun: [...rest, ...this.#waiting.splice(0)] };
  }
}
