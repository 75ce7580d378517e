// Progress that is told from outside, until it is shown. The store keeps progress once a second and says who
// is early, so that a report waits here; of those that wait the newest goes on, by the order of the calls.
//
//   newest of its lease ──► store.progress ──early──► wait ──► again, unless a newer one has come
//             └──with the end, if that is faster─► complete, fail
//
// Only calls that somebody waits for are known here: with the process nothing is lost that was said to stand.
import { Failure } from "#protocols/failure.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { CallTime } from "./call-time.ts";
import type { ClusterDesks } from "./cluster-desks.ts";
import type { UpdateStep } from "./task-update.ts";

type ProgressStep = Extract<UpdateStep, { kind: "progress" }>;

export interface ReportCall {
  readonly time: CallTime;
  /** Rejects when the task takes no progress where it stands. */
  check(): Promise<unknown>;
}

export interface ReportPorts {
  /** Resolves after so many milliseconds, or as soon as this place ends. */
  pause(ms: number): Promise<void>;
}

interface Report {
  readonly step: ProgressStep;
  /** Settled when the store has answered whatever was told it of this lease. */
  asked: Promise<unknown>;
  /** The end that it went along with: whether that stands. */
  ending: Promise<boolean> | undefined;
}

export class ProgressReports {
  readonly #desks: ClusterDesks;
  readonly #ports: ReportPorts;
  /** By lease; no longer than its call. */
  readonly #newest = new Map<string, Report>();

  constructor(desks: ClusterDesks, ports: ReportPorts) {
    this.#desks = desks;
    this.#ports = ports;
  }

  /**
   * `changed`: kept, or with the end of its attempt. `superseded`: a newer report of this lease took its place.
   * Fails with `rate_limited` when the call's time is over before it would be kept, and with `lease_lost`.
   */
  async tell(step: ProgressStep, call: ReportCall): Promise<"changed" | "superseded"> {
    const key = keyOf(step.lease);
    const former = this.#newest.get(key);
    // Before anything is waited for: the order of the calls counts.
    const report = { step, asked: former?.asked ?? Promise.resolve(), ending: undefined };
    this.#newest.set(key, report);
    try {
      await call.check();
      return await this.#told(report, call.time);
    } catch (cause) {
      if (await hasEnded(report)) return "changed";
      throw cause;
    } finally {
      if (this.#isNewest(report)) this.#newest.delete(key);
    }
  }

  /** Ends the attempt, and has what waits to be shown go along with that. */
  async withEnd<R extends { readonly kind: string }>(
    lease: LeaseRef,
    end: (waiting: { readonly reached?: Reached }) => Promise<R>,
  ): Promise<R> {
    const report = this.#newest.get(keyOf(lease));
    if (!report) return end({});
    const { progress, message } = report.step;
    const ended = end({ reached: { progress, message } });
    report.ending = ended.then(
      ({ kind }) => kind !== "lost",
      () => false,
    );
    return ended;
  }

  async #told(report: Report, time: CallTime): Promise<"changed" | "superseded"> {
    const { kind: _, ...reached } = report.step;
    for (;;) {
      await report.asked;
      if (await hasEnded(report)) return "changed";
      if (!this.#isNewest(report)) return "superseded";
      const answered = this.#desks.store.ask((store) => store.progress(reached), time);
      report.asked = answered.catch(() => {});
      const answer = await answered;
      if (answer.kind === "done") return "changed";
      if (answer.kind === "lost") return lost(reached.lease);
      if (!this.#isNewest(report)) return "superseded";
      if (answer.retryAfterMs >= time.leftMs) throw tooEarly(reached.lease, answer.retryAfterMs);
      await this.#ports.pause(answer.retryAfterMs);
    }
  }

  #isNewest(report: Report): boolean {
    return this.#newest.get(keyOf(report.step.lease)) === report;
  }
}

export function lost({ taskId }: LeaseRef): never {
  const text = `this lease of ${taskId} is over: another holds the task, or it has ended; stop working on it`;
  throw new Failure("lease_lost", text);
}

const hasEnded = async ({ ending }: Report): Promise<boolean> =>
  ending !== undefined && (await ending);

const keyOf = ({ taskId, fence, epoch }: LeaseRef): string => `${taskId} ${fence} ${epoch}`;

const tooEarly = ({ taskId }: LeaseRef, retryAfterMs: number): Failure => {
  const text = `this progress of ${taskId} is not kept: the last was a moment ago; tell it again in ${retryAfterMs} ms`;
  return new Failure("rate_limited", text);
};
