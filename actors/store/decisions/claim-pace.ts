// Counts what claims take of the rates of their queues. Where each rate stands is kept beside the
// turns of fair queues, so it is durable as they are, and nobody has a whole burst again by a restart.
import type { ClaimRates } from "#protocols/tasks/claim-request.ts";
import type { ClaimRate } from "#protocols/tasks/resource-demand.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { freeNow, givenBackAt, takenAt, waitMs } from "./claim-rate.ts";

type Paced = Pick<TaskRecord, "queue" | "userId">;
type Shelf = Pick<StoreContext["shelf"], "fairTime" | "setFairTime">;

interface Gate {
  readonly queue: string;
  readonly key: string;
  readonly rate: ClaimRate;
}

/** Longer than any key of a fair queue, so that none meets them, and neither begins the other. */
const allKey = "rate of claims ".padEnd(65, ".");
const eachKey = "rate of claims of the user ".padEnd(65, ".");
const userKey = (userId: string | null): string => `${eachKey}${userId ?? ""}`;

export class ClaimPace {
  readonly #shelf: Shelf;
  readonly #nowMs: number;
  readonly #rates: ClaimRates;

  constructor({ shelf, nowMs }: Pick<StoreContext, "shelf" | "nowMs">, rates: ClaimRates = {}) {
    this.#shelf = shelf;
    this.#nowMs = nowMs;
    this.#rates = rates;
  }

  /** Of the whole queue; Infinity: it has no rate. */
  freeOf(queue: string): number {
    const rate = this.#rates[queue]?.all;
    return rate === undefined ? Infinity : this.#free({ queue, key: allKey, rate });
  }

  hasUserRate(queue: string): boolean {
    return this.#rates[queue]?.user !== undefined;
  }

  /** Of the user's tasks in that queue. */
  freeOfUser({ queue, userId }: Paced): number {
    const rate = this.#rates[queue]?.user;
    return rate === undefined ? Infinity : this.#free({ queue, key: userKey(userId), rate });
  }

  took(task: Paced): void {
    for (const { queue, key, rate } of this.#gatesOf(task)) {
      const dueMs = this.#shelf.fairTime(queue, key);
      this.#shelf.setFairTime(queue, key, takenAt(rate, dueMs, this.#nowMs));
    }
  }

  gaveBack(task: Paced): void {
    for (const { queue, key, rate } of this.#gatesOf(task)) {
      const dueMs = this.#shelf.fairTime(queue, key);
      if (dueMs > this.#nowMs) this.#shelf.setFairTime(queue, key, givenBackAt(rate, dueMs));
    }
  }

  /** Milliseconds until the task may leave; 0: now. */
  waitMs(task: Paced): number {
    const waits = this.#gatesOf(task).map(({ queue, key, rate }) =>
      waitMs(rate, this.#shelf.fairTime(queue, key), this.#nowMs),
    );
    return Math.max(0, ...waits);
  }

  #gatesOf({ queue, userId }: Paced): readonly Gate[] {
    const { all, user } = this.#rates[queue] ?? {};
    return [
      ...(all === undefined ? [] : [{ queue, key: allKey, rate: all }]),
      ...(user === undefined ? [] : [{ queue, key: userKey(userId), rate: user }]),
    ];
  }

  #free({ queue, key, rate }: Gate): number {
    return freeNow(rate, this.#shelf.fairTime(queue, key), this.#nowMs);
  }
}
