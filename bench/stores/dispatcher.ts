// Hands tasks of a store to a worker, as many as it has free slots. What belongs together is asked for
// together, so that it shares one commit or round trip:
//
//   a new task and the claim of a free slot             submit(n) claim
//   the end of a task and the claim of its slot         complete(n) claim
//
// The worker may be told of a task before its submission is answered: it is stored all the same.
import type { StoreBackend } from "#actors/store/backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { AckLevel, LeaseRef, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import { type Job, jobOf } from "./job.ts";
import type { JobCounts, JobQueue } from "./job-queue.ts";

/** What the worker says when it is done. */
export interface JobReport {
  readonly lease: LeaseRef;
  readonly number: number;
  readonly answer: number;
}

export interface DispatcherTerms {
  readonly backend: StoreBackend;
  /** Undefined: the strongest that the store has. */
  readonly ack: AckLevel | undefined;
  /** Tasks of one claim. The worker may hold twice as many, so that no claim waits for another one. */
  readonly claimMax: number;
  readonly hasWorker: boolean;
  hand(leases: readonly TaskLease[]): void;
}

export const benchModel = "bench";
const leaseMs = 120_000;

/** Without `ack`: as durable as the store can. */
export function submissionOf({ name, ...figures }: Job, ack?: AckLevel): TaskSubmission {
  const task = { type: "bench", model: benchModel, name, parameters: figures, inputs: [] };
  return ack === undefined ? task : { ...task, ack };
}

export class Dispatcher implements JobQueue {
  onDone: JobQueue["onDone"] = () => {};
  readonly #terms: DispatcherTerms;
  #free: number;
  /** Tasks were submitted or slots became free since the last claim. */
  #isNews = false;
  #isClaiming = false;

  constructor(terms: DispatcherTerms) {
    this.#terms = terms;
    this.#free = terms.hasWorker ? 2 * terms.claimMax : 0;
  }

  async submit(number: number): Promise<void> {
    const { ack, backend } = this.#terms;
    const submission = submissionOf(jobOf(number), ack);
    this.#claimSoon();
    const { kind } = await backend.call({ method: "submit", args: [submission] });
    if (kind !== "created") throw new Failure("invalid", `job ${number} was not stored: ${kind}`);
  }

  /** What the worker has done. */
  reported(reports: readonly JobReport[]): void {
    this.#free += reports.length;
    this.#claimSoon();
    for (const report of reports) this.#complete(report);
  }

  async counts(): Promise<JobCounts> {
    const counts = await this.#terms.backend.call({ method: "counts", args: [] });
    return {
      open: counts.scheduled + counts.pending + counts.running + counts.waiting_confirmation,
      completed: counts.completed,
    };
  }

  #complete({ answer, lease, number }: JobReport): void {
    const result = { figures: { answer }, files: [] };
    const committed = this.#terms.backend.call({ method: "complete", args: [{ lease, result }] });
    // A failure ends the trial: nobody catches it.
    void committed.then(({ kind }) => {
      if (kind !== "committed") throw new Failure("invalid", `job ${number} was ${kind}`);
      this.onDone(number, answer);
    });
  }

  /**
   * At the end of this turn, behind all that is called in it; asked for before these calls, so that
   * the claim is there when the back end gathers what it commits together.
   */
  #claimSoon(): void {
    this.#isNews = true;
    if (this.#isClaiming || this.#free === 0) return;
    this.#isClaiming = true;
    queueMicrotask(() => {
      this.#isClaiming = false;
      void this.#claim();
    });
  }

  async #claim(): Promise<void> {
    const max = Math.min(this.#free, this.#terms.claimMax);
    if (max === 0) return;
    this.#free -= max;
    this.#isNews = false;
    const request = { node: "bench", incarnation: 1, models: [benchModel], max, leaseMs };
    const leases = await this.#terms.backend.call({ method: "claim", args: [request] });
    this.#free += max - leases.length;
    if (leases.length > 0) this.#terms.hand(leases);
    if (this.#isNews || leases.length === max) this.#claimSoon();
  }
}
