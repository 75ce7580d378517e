// The order of work inside the engine. As many requests as the model runs together are worked on at the
// same time, in the order of arrival, and the files of the next one are read meanwhile (on libvips's
// threads, which a model run leaves free). Every request is answered exactly once.
import { Failure } from "#protocols/failure.ts";
import { type RunScope, runScope } from "../batching/run-scope.ts";
import {
  type EngineRun,
  type RunStage,
  type RunTimes,
  requestsInPipe,
  runsToldMax,
} from "../engine-messages.ts";
import type { ModelWork, ReadWork, WorkInput, WorkResult } from "../works/model-work.ts";
import { StageTeller } from "./stage-teller.ts";

export interface WorkAnswers {
  done(id: number, result: WorkResult, times: RunTimes): void;
  refused(id: number, why: Failure): void;
  /** How far it is. Default: nobody is told. */
  stage?(id: number, stage: RunStage): void;
}

type Run = NonNullable<RunTimes["runs"]>[number];

interface Job {
  readonly order: EngineRun;
  readonly reading: Promise<Timed<ReadWork>>;
  readonly abort: AbortController;
  /** By `performance.now`. */
  readonly deadlineMs: number;
  readonly runs: Run[];
  readonly teller: StageTeller;
}

export class WorkQueue {
  readonly #models: ReadonlyMap<string, ModelWork>;
  readonly #answers: WorkAnswers;
  readonly #itemsMax: number;
  readonly #jobs = new Map<number, Job>();
  /** In order of arrival. */
  readonly #waiting: Job[] = [];
  #atWork = 0;

  /** `itemsMax`: requests that are worked on at the same time. */
  constructor(
    models: ReadonlyMap<string, ModelWork>,
    answers: WorkAnswers,
    { itemsMax }: { readonly itemsMax: number },
  ) {
    this.#models = models;
    this.#answers = answers;
    this.#itemsMax = itemsMax;
  }

  /** Fails with `corrupt` when the owner sends more than it may. */
  add(order: EngineRun, input: WorkInput): void {
    const most = requestsInPipe(this.#itemsMax);
    if (this.#jobs.size === most) {
      throw new Failure("corrupt", `more than ${most} requests in the pipe`);
    }
    const reading = timed(() => this.#model(order.model).read(input));
    // Its failure is read when the job's turn comes.
    reading.catch(() => undefined);
    const deadlineMs = performance.now() + (order.withinMs ?? Number.POSITIVE_INFINITY);
    const teller = new StageTeller((stage) => this.#answers.stage?.(order.id, stage));
    const job: Job = { order, reading, abort: new AbortController(), deadlineMs, runs: [], teller };
    const isWaiting = (): boolean => this.#waiting.includes(job);
    reading.then(
      () => isWaiting() && teller.waits(),
      () => undefined,
    );
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
      const { result, times } = await this.#done(job);
      this.#jobs.delete(id);
      this.#answers.done(id, result, times);
    } catch (cause) {
      this.#jobs.delete(id);
      this.#answers.refused(id, Failure.of(cause));
    }
    this.#atWork -= 1;
    this.#begin();
  }

  #model(name: string): ModelWork {
    const model = this.#models.get(name);
    if (model) return model;
    throw new Failure("model_failed", `this engine has no model ${name}`);
  }

  async #done(job: Job): Promise<{ readonly result: WorkResult; readonly times: RunTimes }> {
    refuseCancelled(job);
    const read = await job.reading;
    // A cancel that arrived during the run before this one is read here.
    await turnOfIo();
    refuseCancelled(job);
    job.teller.runs();
    const ran = await timed(() => runScope.run(scopeOf(job), () => read.value.run()));
    await turnOfIo();
    refuseCancelled(job);
    job.teller.writes();
    const { value: result, ms: encodeMs } = await timed(() => ran.value.write());
    const times = { decodeMs: read.ms, inferMs: ran.ms, encodeMs, runs: job.runs };
    return { result, times };
  }
}

interface Timed<T> {
  readonly value: T;
  readonly ms: number;
}

async function timed<T>(act: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const value = await act();
  return { value, ms: performance.now() - startedAt };
}

const scopeOf = ({ deadlineMs, abort: { signal }, runs, teller }: Job): RunScope => ({
  deadlineMs,
  signal,
  step: (steps) => teller.step(steps),
  ran(run: Run) {
    if (runs.length < runsToldMax) runs.push(run);
  },
});

const turnOfIo = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function refuseCancelled({ abort }: Job): void {
  if (abort.signal.aborted) throw new Failure("cancelled", "the request was withdrawn");
}
