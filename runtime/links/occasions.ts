// What somebody waits for until a deadline: looked at whenever something happened, never by polling.

interface Waiter {
  readonly deadlineMs: number;
  readonly hasCome: () => boolean;
  readonly resolve: () => void;
}

export class Occasions {
  #waiters: readonly Waiter[] = [];

  /** Settles once it has come, or the deadline has passed; `look` must be called by then. */
  wait(deadlineMs: number, hasCome: () => boolean, nowMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters = [...this.#waiters, { deadlineMs, hasCome, resolve }];
      this.look(nowMs);
    });
  }

  /** Answers the earliest deadline that is still to come; Infinity for none. */
  look(nowMs: number): number {
    if (this.#waiters.length === 0) return Number.POSITIVE_INFINITY;
    const isDue = ({ deadlineMs, hasCome }: Waiter): boolean => nowMs >= deadlineMs || hasCome();
    const due = this.#waiters.filter(isDue);
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
    for (const { resolve } of due) resolve();
    return Math.min(...this.#waiters.map(({ deadlineMs }) => deadlineMs));
  }
}
