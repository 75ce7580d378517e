// Workers that wait for the answers to their questions, by question. Each hears once. Pure.
import { Failure } from "#protocols/failure.ts";
import type { Confirmation } from "#protocols/tasks/task.ts";

interface Waiter {
  readonly resolve: (decision: Confirmation) => void;
  readonly reject: (failure: Failure) => void;
}

/** Waits at the same time. Full: refused with `queue_full`, and asked again later. */
export const decisionWaitersMax = 10_000;

export class DecisionWaiters {
  readonly #byQuestion = new Map<string, Set<Waiter>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Fails with `queue_full`, and with `cancelled` when the signal is aborted. */
  wait(callbackId: string, signal: AbortSignal): Promise<Confirmation> {
    if (this.#count >= decisionWaitersMax) {
      const text = `${this.#count} workers wait for answers already; park instead, or ask later`;
      return Promise.reject(new Failure("queue_full", text));
    }
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const waiters = this.#byQuestion.get(callbackId) ?? new Set();
      this.#byQuestion.set(callbackId, waiters.add(waiter));
      this.#count += 1;
      const leave = (): void => {
        if (!waiters.delete(waiter)) return;
        this.#count -= 1;
        if (waiters.size === 0) this.#byQuestion.delete(callbackId);
        reject(new Failure("cancelled", `nobody waits for the answer to ${callbackId} any more`));
      };
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  settle(callbackId: string, decision: Confirmation): void {
    for (const { resolve } of this.#take(callbackId)) resolve(decision);
  }

  fail(callbackId: string, failure: Failure): void {
    for (const { reject } of this.#take(callbackId)) reject(failure);
  }

  /** Some of those that are waited for, each time others. */
  some(max: number): readonly string[] {
    const some = [...this.#byQuestion].slice(0, max);
    for (const [callbackId, waiters] of some) {
      this.#byQuestion.delete(callbackId);
      this.#byQuestion.set(callbackId, waiters);
    }
    return some.map(([callbackId]) => callbackId);
  }

  #take(callbackId: string): readonly Waiter[] {
    const waiters = this.#byQuestion.get(callbackId);
    const taken = [...(waiters ?? [])];
    waiters?.clear();
    this.#byQuestion.delete(callbackId);
    this.#count -= taken.length;
    return taken;
  }
}
