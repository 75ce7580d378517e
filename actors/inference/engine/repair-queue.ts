// The order of work inside the engine. As many requests as the model runs together are filled at the
// same time, in the order of arrival, and the files of the next one are decoded meanwhile (on libvips's
// threads, which a model run leaves free). Every request is answered exactly once.
import { Failure } from "#protocols/failure.ts";
import { runScope } from "../batching/run-scope.ts";
import { type EngineRepair, requestsInPipe, runsToldMax } from "../engine-messages.ts";
import type { Filler } from "../inpaint/filler.ts";
import {
  type DecodedPair,
  decodePair,
  encodeRepaired,
  fillHoles,
  type RepairedImage,
} from "./repair.ts";

export interface RepairAnswers {
  repaired(id: number, result: RepairedImage): void;
  refused(id: number, why: Failure): void;
}

type Run = NonNullable<RepairedImage["figures"]["runs"]>[number];

interface Job {
  readonly order: EngineRepair;
  readonly decoding: Promise<DecodedPair>;
  readonly abort: AbortController;
  /** By `performance.now`. */
  readonly deadlineMs: number;
  readonly runs: Run[];
}

export class RepairQueue {
  readonly #models: ReadonlyMap<string, Filler>;
  readonly #answers: RepairAnswers;
  readonly #itemsMax: number;
  readonly #jobs = new Map<number, Job>();
  /** In order of arrival. */
  readonly #waiting: Job[] = [];
  #atWork = 0;

  /** `itemsMax`: requests that are filled at the same time. */
  constructor(
    models: ReadonlyMap<string, Filler>,
    answers: RepairAnswers,
    { itemsMax }: { readonly itemsMax: number },
  ) {
    this.#models = models;
    this.#answers = answers;
    this.#itemsMax = itemsMax;
  }

  /** Fails with `corrupt` when the owner sends more than it may. */
  add(order: EngineRepair, image: Uint8Array, mask: Uint8Array): void {
    const most = requestsInPipe(this.#itemsMax);
    if (this.#jobs.size === most) {
      throw new Failure("corrupt", `more than ${most} requests in the pipe`);
    }
    const decoding = decodePair(image, mask);
    // Its failure is read when the job's turn comes.
    decoding.catch(() => undefined);
    const deadlineMs = performance.now() + (order.withinMs ?? Number.POSITIVE_INFINITY);
    const job: Job = { order, decoding, abort: new AbortController(), deadlineMs, runs: [] };
    this.#jobs.set(order.id, job);
    this.#waiting.push(job);
    this.#begin();
  }

  /** The answer becomes a refusal, unless it has been given already. */
  cancel(id: number): void {
    this.#jobs.get(id)?.abort.abort();
  }

  #begin(): void {
    while (this.#atWork < this.#itemsMax) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#atWork += 1;
      void this.#work(job);
    }
  }

  async #work(job: Job): Promise<void> {
    const { id } = job.order;
    try {
      const result = await this.#repair(job);
      this.#jobs.delete(id);
      this.#answers.repaired(id, result);
    } catch (cause) {
      this.#jobs.delete(id);
      this.#answers.refused(id, Failure.of(cause));
    }
    this.#atWork -= 1;
    this.#begin();
  }

  async #repair(job: Job): Promise<RepairedImage> {
    const { model: name, options, outputQuality } = job.order;
    const model = this.#models.get(name);
    if (!model) throw new Failure("model_failed", `this engine has no model ${name}`);
    refuseCancelled(job);
    const pair = await job.decoding;
    // A cancel that arrived during the run before this one is read here.
    await turnOfIo();
    refuseCancelled(job);
    const filled = await runScope.run(scopeOf(job), () => fillHoles(pair, model, options));
    await turnOfIo();
    refuseCancelled(job);
    const { figures, ...result } = await encodeRepaired(pair, filled, outputQuality);
    return { ...result, figures: { ...figures, runs: job.runs } };
  }
}

const scopeOf = ({ deadlineMs, abort: { signal }, runs }: Job) => ({
  deadlineMs,
  signal,
  ran(run: Run) {
    if (runs.length < runsToldMax) runs.push(run);
  },
});

const turnOfIo = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function refuseCancelled({ abort }: Job): void {
  if (abort.signal.aborted) throw new Failure("cancelled", "the request was withdrawn");
}
