// The server as the lanes see it: its session, its clock, and views of what it keeps.
import { Failure } from "#protocols/failure.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { StorePolicy } from "../store-policy.ts";
import type { KeyspaceQuery } from "./keyspace-query.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import type { ServerClock } from "./server-clock.ts";
import type { ServerHealth } from "./server-health.ts";
import type { StoreFigures } from "./store-figures.ts";
import { formatVersion } from "./store-lineage.ts";
import type { StoreLink } from "./store-link.ts";
import type { StoreSession } from "./store-session.ts";
import { StoreView, viewIsStale } from "./store-view.ts";
import * as wire from "./store-wire.ts";
import { troubleOf } from "./wire-failures.ts";

export interface ServerParts {
  readonly keys: StoreKeys;
  readonly link: StoreLink;
  readonly policy: StorePolicy;
  readonly figures: StoreFigures;
  readonly makeId: () => string;
  readonly clock: ServerClock;
}

export class StoreServer {
  readonly keys: StoreKeys;
  readonly #parts: ServerParts;
  readonly #clock: ServerClock;
  #session: StoreSession | undefined;

  constructor(parts: ServerParts) {
    this.keys = parts.keys;
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  /** Of the session that was used last. Fails with `unavailable` before the first. */
  get info(): StoreInfo {
    const session = this.#session;
    if (!session) throw new Failure("unavailable", "the store was not reached yet; ask again");
    return {
      kind: "redis",
      epoch: session.epoch,
      ackLevels: session.ackLevels,
      schemaVersion: formatVersion,
      timeSkewMs: this.#clock.aheadMs,
    };
  }

  /** Of the server, as it was looked at last; undefined before the first session. */
  get health(): ServerHealth | undefined {
    return this.#session?.health;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  async session(deadlineMs: number): Promise<StoreSession> {
    try {
      this.#session = await this.#parts.link.session(deadlineMs);
      return this.#session;
    } catch (error) {
      // A server that was good when the store was opened may have been changed since.
      const wasGood = this.#session !== undefined;
      if (!wasGood || !(error instanceof Failure) || error.code !== "invalid") throw error;
      throw new Failure("unavailable", error.detail, error);
    }
  }

  newView(session: StoreSession): StoreView {
    const { makeId, policy } = this.#parts;
    return new StoreView(this.keys, {
      makeId,
      fetch: (view, queries) => this.#fetch(session, view, queries),
      context: () => ({ nowMs: this.nowMs(), policy, info: this.info }),
    });
  }

  /** What an answer says beside: the time, and how far the store is. */
  heard({ commit, nowMs }: { readonly commit: number | undefined; readonly nowMs: number }): void {
    this.#clock.said(nowMs);
    if (commit !== undefined) this.#parts.link.sawCommit(commit);
  }

  sawUnreadable({ unreadable }: StoreView): void {
    this.#parts.figures.unreadableTotal += unreadable.size;
  }

  /** After trouble nobody knows what the connection still brings. */
  dropAfter(session: StoreSession, error: unknown): void {
    if (error !== viewIsStale && troubleOf(error) !== "refused") this.#parts.link.drop(session);
  }

  takeTurn(session: StoreSession, writer: string): Promise<void> {
    return wire.takeTurn(session, this.keys, writer);
  }

  async #fetch(
    session: StoreSession,
    view: StoreView,
    queries: readonly KeyspaceQuery[],
  ): Promise<void> {
    const chunks = queries.filter(({ kind }) => kind === "chunk");
    const others = queries.filter(({ kind }) => kind !== "chunk");
    const pieces = await wire.fetchChunks(
      session,
      chunks.map(({ key }) => key),
    );
    // Read after the chunks: when they were dropped meanwhile, the commit has changed.
    const moment = await wire.readMoment(session, this.keys, others);
    this.#parts.figures.fetchesTotal += 1;
    this.heard(moment);
    const { commit, epoch, replies } = moment;
    if (commit === undefined || epoch !== session.epoch) {
      this.#parts.link.drop(session);
      throw viewIsStale;
    }
    if (view.commit !== undefined && view.commit !== commit) throw viewIsStale;
    view.commit = commit;
    for (const [index, query] of chunks.entries()) view.keyspace.absorb(query, pieces[index]);
    for (const [index, query] of others.entries()) view.keyspace.absorb(query, replies[index]);
    const seen = view.keyspace.isKnown(this.keys.numbers)
      ? Number(view.keyspace.hash(this.keys.numbers).get("now")?.toString() ?? 0)
      : 0;
    this.#clock.raise(seen);
  }
}
