// What a contender of the stores offers, and the works made of it: the same for all, so that counting,
// timing and checking cost each the same.
//
//   this process                      the store                  a worker in a process of its own
//   submit ──────────────────────────► stored
//          ◄── acknowledged            claimed ────────────────► answers the job
//          ◄── it has ended            completed ◄──────────────
import { Failure } from "#protocols/failure.ts";
import type { Done, Trial, Work } from "../core/contender.ts";
import { answerTo, jobOf } from "./job.ts";

export const inFlights = [1, 8, 64, 512] as const;
export type InFlight = (typeof inFlights)[number];

export type StoreWork = `submit ${InFlight}` | `end to end ${InFlight}` | "idle" | "claims";

export interface QueueTerms {
  /** Jobs that are under way at a time, and that the worker may hold; without a worker they only wait. */
  readonly inFlight: number;
  readonly hasWorker: boolean;
}

/** How many jobs the queue itself counts. */
export interface JobCounts {
  /** Not done yet, whoever holds them. */
  readonly open: number;
  /** Undefined where they are not kept. */
  readonly completed: number | undefined;
}

export interface JobQueue {
  /** Settles when the queue has acknowledged the job. */
  submit(number: number): Promise<unknown>;
  /** Each job's answer, once the queue keeps that it is done; set before the first job. */
  onDone: (number: number, answer: number) => void;
  counts(): Promise<JobCounts>;
}

export type StartQueue = (terms: QueueTerms) => Promise<JobQueue>;

/** Milliseconds between the jobs of an idle queue. */
const pauseMs = 4;

/** Jobs that every trial begins with: code that never ran is not what is compared. */
const warmUpJobs = 1_024;
const warmUpLanes = 8;

export function queueWorks(start: StartQueue): Readonly<Record<string, Work>> {
  const works: Record<string, Work> = {
    idle: async () => {
      const runs = new JobRuns(await start({ inFlight: warmUpLanes, hasWorker: true }));
      await runs.finished(warmUpJobs, warmUpLanes);
      return { run: (ms) => runs.oneByOne(ms) };
    },
  };
  for (const inFlight of inFlights) {
    works[`submit ${inFlight}`] = async (): Promise<Trial> => {
      const runs = new JobRuns(await start({ inFlight, hasWorker: false }));
      await runs.submitted(warmUpJobs, Math.max(inFlight, warmUpLanes));
      return { run: (count) => runs.submitted(count, inFlight) };
    };
    works[`end to end ${inFlight}`] = async (): Promise<Trial> => {
      const runs = new JobRuns(await start({ inFlight, hasWorker: true }));
      await runs.finished(warmUpJobs, Math.max(inFlight, warmUpLanes));
      return { run: (count) => runs.finished(count, inFlight) };
    };
  }
  return works;
}

class JobRuns {
  readonly #queue: JobQueue;
  /** Of the jobs under way: what is to be done at their end. */
  readonly #ends = new Map<number, () => void>();
  #begun = 0;
  #completed = 0;

  constructor(queue: JobQueue) {
    this.#queue = queue;
    queue.onDone = (number, answer) => this.#done(number, answer);
  }

  async submitted(count: number, inFlight: number): Promise<Done> {
    const before = this.#begun;
    const latenciesMs = await this.#lanes(count, inFlight, (number) => this.#queue.submit(number));
    const { open } = await this.#queue.counts();
    if (open !== this.#begun) throw wrong(`${this.#begun} jobs were submitted, ${open} wait`);
    return { count: this.#begun - before, latenciesMs };
  }

  async finished(count: number, inFlight: number): Promise<Done> {
    const before = this.#completed;
    const latenciesMs = await this.#lanes(count, inFlight, (number) => this.#finish(number));
    await this.#check();
    return { count: this.#completed - before, latenciesMs };
  }

  async oneByOne(ms: number): Promise<Done> {
    const latenciesMs: number[] = [];
    const endsAt = performance.now() + ms;
    while (performance.now() < endsAt || latenciesMs.length === 0) {
      latenciesMs.push(...(await this.#lanes(1, 1, (number) => this.#finish(number))));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await this.#check();
    return { count: latenciesMs.length, latenciesMs };
  }

  /** Lanes that begin the next job when theirs is over. */
  async #lanes(
    count: number,
    inFlight: number,
    job: (number: number) => Promise<unknown>,
  ): Promise<number[]> {
    const latenciesMs: number[] = [];
    const end = this.#begun + count;
    const lane = async (): Promise<void> => {
      while (this.#begun < end) {
        const number = this.#begun;
        this.#begun += 1;
        const startedAt = performance.now();
        await job(number);
        latenciesMs.push(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
    return latenciesMs;
  }

  /** Over when it was both acknowledged and done. */
  async #finish(number: number): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#ends.set(number, resolve));
    await Promise.all([this.#queue.submit(number), ended]);
  }

  #done(number: number, answer: number): void {
    const end = this.#ends.get(number);
    if (!end) throw wrong(`job ${number} was done twice, or never submitted`);
    if (answer !== answerTo(jobOf(number))) {
      throw wrong(`job ${number} was answered with ${answer}, not ${answerTo(jobOf(number))}`);
    }
    this.#ends.delete(number);
    this.#completed += 1;
    end();
  }

  /** That the queue counts as we do: each job done once, and nothing left over. */
  async #check(): Promise<void> {
    if (this.#completed !== this.#begun) {
      throw wrong(`${this.#begun} jobs were submitted, ${this.#completed} were done`);
    }
    const { completed, open } = await this.#queue.counts();
    if (open !== 0) throw wrong(`all ${this.#begun} jobs are done, but ${open} are open`);
    if (completed !== undefined && completed !== this.#begun) {
      throw wrong(`${this.#begun} jobs are done, the queue counts ${completed}`);
    }
  }
}

const wrong = (seen: string): Failure => new Failure("invalid", `${seen}; the round is no result`);
