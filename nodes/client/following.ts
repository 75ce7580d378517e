// Follows a channel as an async iterator: the events behind a position, each once and in order, over
// whatever happens to the link, the store or the director in between.
//
//   next ──► page in hand? ──yes──► its next event
//                │ no
//                └──► read the log behind the position ──nothing new──► wait for the bell, or a moment ──┐
//                          ▲   └─failed, as while nobody is there──► wait ever longer ───────────────────┤
//                          └─────────────────────────────────────────────────────────────────────────────┘
//
// The log is the truth; a bell only says that it is worth a look. One page is held at most: a slow reader
// holds back nobody, and falls behind in the log, not in memory.

import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { EventPage } from "#protocols/tasks/task-events.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";
import { pause } from "#runtime/host/pause.ts";
import { type ChannelPosition, type Followed, progressBy, readsAfter } from "./follow-cursor.ts";

export interface LogPage {
  readonly epoch: string;
  readonly page: EventPage;
}

export interface FollowPorts {
  /** Fails with a `Failure`; `after` answers the number behind which to read, by the log's epoch. */
  read(channel: string, after: (epoch: string) => number): Promise<LogPage>;
  /** Settles when something happened in the channel, with what is only worth its newest value; or never. */
  rung(channel: string, signal: AbortSignal): Promise<readonly Followed[]>;
  /** Milliseconds between two looks while no bell rings. */
  everyMs(): number;
  random(): number;
}

export interface FollowTerms {
  readonly channel: string;
  readonly position: ChannelPosition;
  /** One of them aborted: the iterator ends. */
  readonly signals: readonly AbortSignal[];
  /** Whether that was the last; asked after each item, and without one after a quiet time. */
  readonly isLast?: (item: Followed | undefined) => Promise<boolean>;
  readonly ended?: () => void;
}

const retry = {
  delayMsMin: clientLimits.followRetryMsMin,
  delayMsMax: clientLimits.followRetryMsMax,
  factor: 2,
  jitter: 0.3,
};
const quietMs = 3_000;

export class Following implements AsyncIterableIterator<Followed> {
  readonly #terms: FollowTerms;
  readonly #ports: FollowPorts;
  readonly #closing: JoinedSignal;
  #page: Followed[] = [];
  #read: ChannelPosition;
  #seen: ChannelPosition;
  #turn: Promise<unknown> = Promise.resolve();
  #trouble: Failure | undefined;
  #failures = 0;
  #idleMs = 0;
  #isEndSaid = false;
  #isOver = false;

  constructor(terms: FollowTerms, ports: FollowPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#read = terms.position;
    this.#seen = terms.position;
    this.#closing = new JoinedSignal(terms.signals);
    this.#signal.addEventListener("abort", () => terms.ended?.(), { once: true });
  }

  get #signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Closed, at its end, or aborted; `ended` is not called for what was over before it began. */
  get isOver(): boolean {
    return this.#isOver || this.#signal.aborted;
  }

  /** Of the last event that was handed out: give it to `follow` to go on from there. */
  get position(): ChannelPosition {
    return this.#seen;
  }

  /** Why the log cannot be read just now; undefined: it can. */
  get trouble(): Failure | undefined {
    return this.#trouble;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event, however long it takes; done once it was closed. Fails when waiting cannot help. */
  next(): Promise<IteratorResult<Followed>> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async return(): Promise<IteratorResult<Followed>> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    this.#isOver = true;
    this.#closing.abort();
  }

  async #next(): Promise<IteratorResult<Followed>> {
    while (!this.isOver) {
      const item = this.#page.shift();
      if (item !== undefined) return { done: false, value: await this.#handOut(item) };
      await this.#look();
    }
    return { done: true, value: undefined };
  }

  async #handOut(item: Followed): Promise<Followed> {
    if (item.kind === "event") this.#seen = { epoch: item.epoch, seq: item.seq };
    if (item.kind === "missed") this.#seen = { epoch: item.epoch, seq: item.from };
    await this.#endAfter(item);
    return item;
  }

  async #look(): Promise<void> {
    const { channel } = this.#terms;
    try {
      const read = this.#ports.read(channel, (epoch) => readsAfter(this.#read, epoch));
      const found = await unlessAborted(read, this.#signal);
      if (found === undefined) return;
      const { items, position } = progressBy(this.#read, { channel, ...found });
      this.#page = [...items];
      this.#read = position;
      this.#trouble = undefined;
      this.#failures = 0;
      if (items.length > 0) this.#idleMs = 0;
      else await this.#idle();
    } catch (cause) {
      await this.#waitOut(Failure.of(cause));
    }
  }

  async #idle(): Promise<void> {
    const ms = this.#ports.everyMs();
    this.#page.push(...(await this.#rungWithin(ms)));
    this.#idleMs += ms;
    if (this.#idleMs < quietMs) return;
    this.#idleMs = 0;
    await this.#endAfter(undefined);
  }

  /** What listens to this follower's end for as long as that stops listening with it. */
  async #rungWithin(ms: number): Promise<readonly Followed[]> {
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    this.#signal.addEventListener("abort", wake, { once: true });
    if (this.#signal.aborted) wake();
    try {
      const bell = this.#ports.rung(this.#terms.channel, waking.signal);
      return await Promise.race([bell, pause(ms, waking.signal).then(() => [])]);
    } finally {
      wake();
      this.#signal.removeEventListener("abort", wake);
    }
  }

  async #waitOut(failure: Failure): Promise<void> {
    if (this.#signal.aborted) return;
    if (!failure.isRetryable) {
      this.close();
      throw failure;
    }
    this.#trouble = failure;
    this.#failures += 1;
    await pause(backoffDelay(retry, this.#failures, this.#ports.random()), this.#signal);
  }

  /** Without an item only when it is said twice: what led to the end may not have been read yet. */
  async #endAfter(item: Followed | undefined): Promise<void> {
    const isLast = await this.#terms.isLast?.(item);
    const isSaidAgain = this.#isEndSaid;
    this.#isEndSaid = isLast === true;
    if (isLast && (item !== undefined || isSaidAgain)) this.close();
  }
}

/** Settles as the work does; with undefined when the signal is aborted before. */
function unlessAborted<R>(work: Promise<R>, signal: AbortSignal): Promise<R | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    const settled = (): void => signal.removeEventListener("abort", end);
    work.then(resolve, reject).then(settled);
  });
}
