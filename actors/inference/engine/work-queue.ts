// The order of work inside the engine. Files are read and answers written (on libvips's threads) and tensors
// prepared while models run on threads of their own:
//
//   added ─▶ read ─▶ run: as many as run together, and as many again, which are prepared ─▶ written ─▶ answered
//
// Runs begin in the order of arrival, and answers leave in the order in which runs end. Every request is
// answered exactly once.
import { Failure } from "#protocols/failure.ts";
import { type PresentRun, type RunScope, runScope } from "../batching/run-scope.ts";
import {
  type EngineRun,
  type RunStage,
  type RunTimes,
  requestsInPipe,
  runsToldMax,
} from "../engine-messages.ts";
import type { ModelWork, RanWork, ReadWork, WorkInput, WorkResult } from "../works/model-work.ts";
import { AfterRuns } from "./after-runs.ts";
import { StageTeller } from "./stage-teller.ts";

export interface WorkPorts {
  done(id: number, result: WorkResult, times: RunTimes): void;
  refused(id: number, why: Failure): void;
  /** Acts at once, or when the present run has ended. */
  betweenRuns(act: () => void): void;
  /** For which requests a run is; none: it has ended. Default: nobody is told. */
  atWork?(run: PresentRun): void;
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
  readonly teller: StageTeller;
  /** For the runs of others. */
  waitedMs: number;
  /** Undefined: not yet. */
  ranAtMs?: number;
}

interface Ran {
  readonly ran: RanWork;
  readonly times: Omit<RunTimes, "encodeMs" | "runs">;
}

const noRun: PresentRun = { requests: [], expectedMs: undefined };

export class WorkQueue {
  readonly #models: ReadonlyMap<string, ModelWork>;
  readonly #ports: WorkPorts;
  readonly #itemsMax: number;
  readonly #jobs = new Map<number, Job>();
  /** In order of arrival. */
  readonly #waiting: Job[] = [];
  #isBeginning = false;
  #running = 0;
  /** When all answers before have left. Of nothing: what it resolved to, every later one would hold. */
  #answered: Promise<void> = Promise.resolve();
  /**
   * Runs by model that no answer has told of yet. They go with the next one: a request that is withdrawn is
   * answered without them, and its runs were as long as any.
   */
  readonly #untold = new Map<string, Run[]>();
  /** By model, in the order asked: a network was asked for a run that has not ended. */
  readonly #asked = new Map<string, PresentRun>();
  #present = noRun;
  /** By model. */
  readonly #afterRuns: ReadonlyMap<string, AfterRuns>;

  /** `itemsMax`: requests that are run at the same time. */
  constructor(
    models: ReadonlyMap<string, ModelWork>,
    ports: WorkPorts,
    { itemsMax }: { readonly itemsMax: number },
  ) {
    this.#models = models;
    this.#afterRuns = new Map([...models.keys()].map((model) => [model, new AfterRuns()]));
    this.#ports = ports;
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
    const abort = new AbortController();
    const teller = new StageTeller((stage) => this.#ports.stage?.(order.id, stage));
    const job: Job = { order, reading, abort, deadlineMs, teller, waitedMs: 0 };
    const isWaiting = (): boolean => this.#waiting.includes(job);
    reading.then(
      () => isWaiting() && teller.waits(),
      () => undefined,
    );
    this.#jobs.set(order.id, job);
    this.#waiting.push(job);
    void this.#begin();
  }

  /**
   * The answer becomes a refusal, unless it is being written. Heeded between two runs: an answer that came at
   * once would say that whatever is run has ended.
   */
  cancel(id: number): void {
    this.#ports.betweenRuns(() => this.#jobs.get(id)?.abort.abort());
  }

  /** One after the other, however long their files take: nobody's run begins before that of who came first. */
  async #begin(): Promise<void> {
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    while (this.#running < 2 * this.#itemsMax) {
      const job = this.#waiting.shift();
      if (!job) break;
      this.#running += 1;
      await settled(job.reading);
      void this.#work(job);
    }
    this.#isBeginning = false;
  }

  async #work(job: Job): Promise<void> {
    const ran = await outcomeOf(() => this.#ran(job));
    this.#running -= 1;
    void this.#begin();
    const writing = outcomeOf(() => written(ran));
    this.#answered = this.#answered.then(async () => this.#answer(job, await writing));
  }

  #answer({ order: { id, model }, ranAtMs }: Job, outcome: Outcome<Written>): void {
    this.#jobs.delete(id);
    if (ranAtMs !== undefined) this.#afterRuns.get(model)?.measured(performance.now() - ranAtMs);
    if (outcome.kind === "failed") this.#ports.refused(id, outcome.why);
    else {
      const { result, times } = outcome.value;
      this.#ports.done(id, result, { ...times, runs: this.#tell(model) });
    }
  }

  #model(name: string): ModelWork {
    const model = this.#models.get(name);
    if (model) return model;
    throw new Failure("model_failed", `this engine has no model ${name}`);
  }

  async #ran(job: Job): Promise<Ran> {
    const read = await job.reading;
    // Work that blocks this thread, too, gives way to what has arrived meanwhile.
    await turnOfIo();
    refuseCancelled(job);
    job.teller.runs();
    const ran = await timed(() => runScope.run(this.#scopeOf(job), () => read.value.run()));
    job.ranAtMs = performance.now();
    await turnOfIo();
    refuseCancelled(job);
    job.teller.writes();
    const inferMs = Math.max(0, ran.ms - job.waitedMs);
    return { ran: ran.value, times: { decodeMs: read.ms, inferMs } };
  }

  #scopeOf(job: Job): RunScope {
    const { order, deadlineMs, abort, teller } = job;
    const afterRunMs = this.#afterRuns.get(order.model)?.expectedMs ?? 0;
    return {
      ...{ deadlineMs, afterRunMs, signal: abort.signal },
      requests: [order.id],
      atWork: (run) => this.#isAtWork(order.model, run),
      step: (steps) => teller.step(steps),
      ran: (run) => this.#keep(order.model, run),
      waited: (ms) => {
        job.waitedMs += ms;
      },
    };
  }

  /** Of several models one runs at a time, in the order asked. */
  #isAtWork(model: string, run: PresentRun): void {
    if (run.requests.length > 0) this.#asked.set(model, run);
    else this.#asked.delete(model);
    const [present = noRun] = this.#asked.values();
    if (present === this.#present) return;
    this.#present = present;
    this.#ports.atWork?.(present);
  }

  #keep(model: string, run: Run): void {
    const runs = this.#untold.get(model) ?? [];
    if (runs.length < runsToldMax) this.#untold.set(model, [...runs, run]);
  }

  #tell(model: string): Run[] {
    const runs = this.#untold.get(model) ?? [];
    this.#untold.delete(model);
    return runs;
  }
}

type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly why: Failure };

async function outcomeOf<T>(act: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: "done", value: await act() };
  } catch (cause) {
    return { kind: "failed", why: Failure.of(cause) };
  }
}

interface Written {
  readonly result: WorkResult;
  readonly times: RunTimes;
}

async function written(outcome: Outcome<Ran>): Promise<Written> {
  if (outcome.kind === "failed") throw outcome.why;
  const { ran, times } = outcome.value;
  const { value: result, ms: encodeMs } = await timed(() => ran.write());
  return { result, times: { ...times, encodeMs } };
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

const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    () => undefined,
  );

const turnOfIo = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function refuseCancelled({ abort }: Job): void {
  if (abort.signal.aborted) throw new Failure("cancelled", "the request was withdrawn");
}
