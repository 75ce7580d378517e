// The order of work inside the engine: one request runs at a time, in the order of arrival, and
// the files of the next one are decoded meanwhile (on libvips's threads, which a model run leaves
// free). Every request is answered exactly once.
import { Failure } from "#protocols/failure.ts";
import { type EngineRepair, requestsInPipeMax } from "../engine-messages.ts";
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

interface Job {
  readonly order: EngineRepair;
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
  decoding: Promise<DecodedPair> | undefined;
  isCancelled: boolean;
}

export class RepairQueue {
  readonly #models: ReadonlyMap<string, Filler>;
  readonly #answers: RepairAnswers;
  /** The first one runs. */
  readonly #jobs: Job[] = [];
  #isRunning = false;

  constructor(models: ReadonlyMap<string, Filler>, answers: RepairAnswers) {
    this.#models = models;
    this.#answers = answers;
  }

  /** Fails with `corrupt` when the owner sends more than it may. */
  add(order: EngineRepair, image: Uint8Array, mask: Uint8Array): void {
    if (this.#jobs.length === requestsInPipeMax) {
      throw new Failure("corrupt", `more than ${requestsInPipeMax} requests in the pipe`);
    }
    const job: Job = { order, image, mask, decoding: undefined, isCancelled: false };
    startDecoding(job);
    this.#jobs.push(job);
    if (!this.#isRunning) void this.#run();
  }

  /** The answer becomes a refusal, unless it has been given already. */
  cancel(id: number): void {
    const job = this.#jobs.find(({ order }) => order.id === id);
    if (job) job.isCancelled = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      const { id } = job.order;
      try {
        const result = await this.#repair(job);
        this.#jobs.shift();
        this.#answers.repaired(id, result);
      } catch (cause) {
        this.#jobs.shift();
        this.#answers.refused(id, Failure.of(cause));
      }
    }
    this.#isRunning = false;
  }

  async #repair(job: Job): Promise<RepairedImage> {
    const { model: name, options, outputQuality } = job.order;
    const model = this.#models.get(name);
    if (!model) throw new Failure("model_failed", `this engine has no model ${name}`);
    refuseCancelled(job);
    const pair = await startDecoding(job);
    // A cancel that arrived during the run before this one is read here.
    await turnOfIo();
    refuseCancelled(job);
    const filled = await fillHoles(pair, model, options);
    await turnOfIo();
    refuseCancelled(job);
    return encodeRepaired(pair, filled, outputQuality);
  }
}

function startDecoding(job: Job): Promise<DecodedPair> {
  if (!job.decoding) {
    job.decoding = decodePair(job.image, job.mask);
    // Its failure is read when the job's turn comes.
    job.decoding.catch(() => undefined);
  }
  return job.decoding;
}

const turnOfIo = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function refuseCancelled(job: Job): void {
  if (job.isCancelled) throw new Failure("cancelled", "the request was withdrawn");
}
