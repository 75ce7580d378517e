// The handlers that a worker runs, and which of them do not heed that they were told to stop. Pure.
//
//   at work ──told──► stopping ──returns──► gone
//                        │ graceMs             ▲
//                        └──► overdue ─returns─┘
//                                │ nothing else is at work
//                                └──► the worker is stuck, and fails
//
// Nobody can end a function from outside. What OTP does with a process that does not end in time is done
// with the whole worker: it begins anew, by its supervisor, once nothing is lost by that but what is
// overdue anyway.
import { Failure } from "#protocols/failure.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { check } from "#runtime/core/terms-check.ts";
import type { HeldLease } from "./held-leases.ts";

export interface Patience {
  readonly nowMs: number;
  /** Milliseconds that a handler has to return after it was told to stop. */
  readonly graceMs: number;
}

const graceMsDefault = 5_000;

/** Fails with `invalid` for a grace that is none. */
export function patienceOf(
  { graceMs = graceMsDefault }: { readonly graceMs?: number },
  nowMs: number,
): Patience {
  check(graceMs > 0, "graceMs is", "a number of milliseconds above 0", graceMs);
  return { graceMs, nowMs };
}

export class OverdueHandlers {
  readonly #atWork = new Set<HeldLease>();
  readonly #overdue = new Set<HeldLease>();

  begun(held: HeldLease): void {
    this.#atWork.add(held);
  }

  returned(held: HeldLease): void {
    this.#atWork.delete(held);
    this.#overdue.delete(held);
  }

  /** How many are overdue. */
  get count(): number {
    return this.#overdue.size;
  }

  /** No handler but overdue ones is at work, and there are some. */
  get areAlone(): boolean {
    return this.count > 0 && this.count === this.#atWork.size;
  }

  /** How many are at work for leases that are not held any more. */
  countBeside(holds: (lease: LeaseRef) => boolean): number {
    return [...this.#atWork].filter(({ lease }) => !holds(lease)).length;
  }

  /** Those that are overdue from now on: each is answered once. */
  late({ graceMs, nowMs }: Patience): readonly HeldLease[] {
    const late = this.#patientOnes.filter(({ toldAtMs }) => nowMs - toldAtMs >= graceMs);
    for (const { held } of late) this.#overdue.add(held);
    return late.map(({ held }) => held);
  }

  /** Milliseconds until another one is overdue, unless it returns; Infinity: none was told to stop. */
  nextMs({ graceMs, nowMs }: Patience): number {
    const each = this.#patientOnes.map(({ toldAtMs }) => toldAtMs + graceMs - nowMs);
    return Math.max(0, Math.min(...each));
  }

  /** Told to stop, and not overdue yet. */
  get #patientOnes(): readonly { readonly held: HeldLease; readonly toldAtMs: number }[] {
    return [...this.#atWork].flatMap((held) => {
      const { toldAtMs } = held;
      return toldAtMs === undefined || this.#overdue.has(held) ? [] : [{ held, toldAtMs }];
    });
  }
}

/** What the log says of one. */
export const overdueText = ({ lease, toldAtMs = 0 }: HeldLease, nowMs: number): string =>
  `the handler of ${lease.type} was told ${Math.round(nowMs - toldAtMs)} ms ago to stop task ${lease.taskId}, and has not returned: let it heed its signal; the worker takes no more tasks, and begins anew when nothing else is at work`;

/** How the task of one ends that was to be cancelled: nobody waits for it any longer. */
export function unheeded(graceMs: number): TaskFailure {
  const detail = `cancelled; its handler has not returned within ${graceMs} ms`;
  return classifyFailure(new Failure("cancelled", detail), { isCancelled: true });
}

/** What the worker fails with. */
export function stuckFailure({ count }: OverdueHandlers, graceMs: number): Failure {
  const what = count === 1 ? "a handler has" : `${count} handlers have`;
  const text = `${what} not returned for more than ${graceMs} ms after being told to stop: the worker begins anew to have its slots back`;
  return new Failure("timeout", text);
}
