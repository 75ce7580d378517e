// Which models the workers serve, for who is about to wait for one: asked of the queue at most twice a
// second however many ask, and not at all for a model that was seen a moment ago.
import type { Failure } from "#protocols/failure.ts";
import type { QueueStatistics } from "#protocols/tasks/queue.ts";
import { type ModelsKnown, modelRefusal } from "./model-doubt.ts";

export interface ServedModelsPorts {
  readonly workers: () => Promise<QueueStatistics["workers"]>;
  /** What the repositories of the worker nodes say. */
  readonly index: () => Promise<NonNullable<ModelsKnown["told"]>>;
  readonly configured: readonly string[] | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Resolves after `ms`, or when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One that was offered so long ago at the most is offered. */
const seenFreshMs = 2_000;
/** Its workers may be coming back: they are started anew within less. */
const awaitedMs = 60_000;
const askedFreshMs = 500;
/** A worker that starts says for a moment of its models that they are not ready before it loads them. */
const notReadyMs = 5_000;
/** Names that are remembered; an offer has at most 256. Full: all are forgotten, and asked for anew. */
const seenMax = 4_096;

type Offers = Pick<ModelsKnown, "offered" | "offering">;
type Told = NonNullable<ModelsKnown["told"]>;

export class ServedModels {
  readonly #ports: ServedModelsPorts;
  readonly #seenAt = new Map<string, number>();
  readonly #offers: Recent<Offers>;
  readonly #told: Recent<Told>;

  constructor(ports: ServedModelsPorts) {
    const { now } = ports;
    this.#ports = ports;
    this.#offers = new Recent(() => this.#look(), now);
    this.#told = new Recent(() => ports.index(), now);
  }

  /**
   * Undefined: a task for that model may be waited for. Else why not: `invalid` for a name that no worker
   * and no topology knows, `unavailable` for a model that has not been ready for five seconds. While it is
   * not known who has what, nothing is refused.
   */
  async refusal(model: string, signal: AbortSignal): Promise<Failure | undefined> {
    const deadline = this.#ports.now() + notReadyMs;
    for (;;) {
      const refusal = await this.#refusal(model);
      if (refusal?.code !== "unavailable" || signal.aborted) return refusal;
      if (this.#ports.now() >= deadline) return refusal;
      await this.#ports.wait(askedFreshMs, signal);
    }
  }

  /** Whether a worker offers it now; undefined: nobody says. */
  async isOffered(model: string): Promise<boolean | undefined> {
    return (await this.#offers.answer())?.offered.includes(model);
  }

  async #refusal(model: string): Promise<Failure | undefined> {
    const now = this.#ports.now();
    const seenMs = now - (this.#seenAt.get(model) ?? Number.NEGATIVE_INFINITY);
    if (seenMs < seenFreshMs) return undefined;
    const offers = await this.#offers.answer();
    if (offers === undefined || offers.offered.includes(model)) return undefined;
    if (seenMs < awaitedMs) return undefined;
    const told = await this.#told.answer();
    return modelRefusal(model, { ...offers, told, configured: this.#ports.configured });
  }

  async #look(): Promise<Offers> {
    const workers = await this.#ports.workers();
    const offered = [...new Set(workers.flatMap(({ models }) => models))].sort();
    const now = this.#ports.now();
    if (this.#seenAt.size + offered.length > seenMax) this.#seenAt.clear();
    for (const name of offered) this.#seenAt.set(name, now);
    return { offered, offering: workers.map(({ node }) => node) };
  }
}

/** One answer for all who ask within a while; undefined where the question failed. */
class Recent<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => number;
  #kept: { readonly at: number; readonly answer: Promise<T | undefined> } | undefined;

  constructor(ask: () => Promise<T>, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  answer(): Promise<T | undefined> {
    const now = this.#now();
    if (this.#kept === undefined || now - this.#kept.at >= askedFreshMs) {
      this.#kept = { at: now, answer: this.#ask().catch(() => undefined) };
    }
    return this.#kept.answer;
  }
}
