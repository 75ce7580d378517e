// The way to Redis: one session at a time, opened when somebody needs it, and opened again when it has
// broken. Waiting is bounded by whoever waits.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "#protocols/failure.ts";
import type { RedisPlace } from "#runtime/cluster/directory/redis-server.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { StoreSession } from "./store-session.ts";
import { troubleOf, wireFailure } from "./wire-failures.ts";

export interface LinkTerms {
  readonly place: RedisPlace;
  readonly keys: StoreKeys;
  readonly makeId: () => string;
}

export class StoreLink {
  readonly #terms: LinkTerms;
  #session: StoreSession | undefined;
  #opening: Promise<StoreSession> | undefined;
  #seenCommit = 0;
  #isClosed = false;
  #sessionsTotal = 0;

  constructor(terms: LinkTerms) {
    this.#terms = terms;
  }

  get sessionsTotal(): number {
    return this.#sessionsTotal;
  }

  /** Of the commits that this process has seen. A server that has fewer has forgotten some. */
  sawCommit(commit: number): void {
    this.#seenCommit = Math.max(this.#seenCommit, commit);
  }

  /** Fails with `unavailable` when there is none by then, `invalid` when the server will not do. */
  async session(deadlineMs: number): Promise<StoreSession> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#isClosed) throw new Failure("unavailable", "the store is closed; open it again");
      try {
        return await this.#ready();
      } catch (error) {
        const isPassing = troubleOf(error) !== "refused";
        const waitMs = Math.min(redisStoreLimits.reconnectMsMax, 20 * attempt);
        if (!isPassing || performance.now() + waitMs > deadlineMs) throw wireFailure(error);
        await sleep(waitMs);
      }
    }
  }

  /** The session is of no use any more: it did not answer, or serves another epoch. */
  drop(session: StoreSession): void {
    session.close();
    if (this.#session === session) this.#session = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.close();
    this.#session = undefined;
  }

  async #ready(): Promise<StoreSession> {
    const session = this.#session;
    if (session && !session.isOpen) this.drop(session);
    if (this.#session) {
      await this.#session.lookAgain();
      return this.#session;
    }
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<StoreSession> {
    const session = await StoreSession.open({ ...this.#terms, seenCommit: this.#seenCommit });
    if (this.#isClosed) {
      session.close();
      throw new Failure("unavailable", "the store was closed meanwhile");
    }
    this.#session = session;
    this.#sessionsTotal += 1;
    return session;
  }
}
