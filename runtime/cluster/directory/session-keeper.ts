// Opens a node's session, renews it every third of its ttl, and says when it is lost. It also looks
// after the entries that are to vanish with their actors.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey, formatNode } from "#protocols/address.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import {
  type ClaimRequest,
  type FindRequest,
  SessionService,
} from "#protocols/cluster/session-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode, FailureData } from "#protocols/failure-codes.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { isPlaceOf, placeIn, placeValue } from "#runtime/cluster/names/actor-entry.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Entry, Revision } from "./directory.ts";
import type { DirectorySession } from "./directory-session.ts";
import { retryMs } from "./patient-call.ts";

export interface SessionKeeperArguments {
  readonly session: DirectorySession;
  /** For those who have no directory of their own: an actor by its name. */
  find(request: FindRequest): Promise<AnyRef>;
}

interface Granted {
  readonly sentMs: number;
  readonly ttlMs: number;
}

interface Own {
  open(): void;
  renew(): void;
  newsCame(): void;
  tellNews(): void;
  look(): void;
  granted(grant: Granted): void;
  missed(failure: FailureData): void;
  removeAgain(key: string): void;
}

/** What the directory itself says, and no later attempt can change. */
const isFinal = (code: FailureCode): boolean =>
  code === "session_lost" || code === "node_down" || code === "invalid" || code === "too_large";

export class SessionKeeperActor
  extends Actor<SessionService, SessionKeeperArguments, Own>
  implements Handlers<SessionService & Own>
{
  static readonly protocol = SessionService;
  static initial = (args: SessionKeeperArguments): SessionKeeperArguments => args;

  #failures = 0;
  #isOpening = false;
  /** Removals that wait for the directory, by key: whoever claims it anew waits for them. */
  readonly #removing = new Map<string, Promise<void>>();

  override start(): void {
    const { held, isOpen, news, opens } = this.#session;
    news.attend(() => this.ctx.send("newsCame"));
    for (const [key, entry] of held) {
      if (entry.isEnding) this.removeAgain(key);
      else this.ctx.watch(entry.owner);
    }
    if (isOpen) this.renew();
    else if (opens === "at-once" || held.size > 0) this.#openOnce();
    this.#lookLater();
  }

  #openOnce(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.open();
  }

  open(): void {
    const { directory, lost, node, predecessor, record, ttlMs } = this.#session;
    if (lost) return;
    const sentMs = this.ctx.now();
    const opening = directory.open({ node, ttlMs, record, predecessor });
    this.ctx.pipe(
      opening.then((opened) => ({ sentMs, ttlMs: opened.ttlMs })),
      "granted",
      "missed",
    );
  }

  renew(): void {
    const { directory, isClosing, lost, news, node } = this.#session;
    if (lost || isClosing) return;
    const sentMs = this.ctx.now();
    const { state } = news;
    const renewing = directory.renew(node, state === undefined ? {} : { state });
    this.ctx.pipe(
      renewing.then(({ ttlMs }) => ({ sentMs, ttlMs })),
      "granted",
      "missed",
    );
  }

  /** What is to be told at once, with what comes in the next moments. */
  newsCame(): void {
    if (this.#session.isOpen)
      this.ctx.after({ ms: membershipLimits.newsMs, key: "news" }, "tellNews");
  }

  tellNews(): void {
    this.renew();
  }

  granted({ sentMs, ttlMs }: Granted): void {
    this.#failures = 0;
    const isFirst = !this.#session.isOpen;
    this.#session.granted(sentMs, ttlMs);
    // What was said before there was anybody to tell it to.
    if (isFirst && this.#session.news.state !== undefined) this.newsCame();
    const dueMs = sentMs + ttlMs / 3 - this.ctx.now();
    this.ctx.after({ ms: Math.max(0, dueMs), key: "renew" }, "renew");
    this.#lookLater();
  }

  missed({ code, detail }: FailureData): void {
    const session = this.#session;
    if (session.isClosing) return;
    this.#failures += 1;
    if (isFinal(code)) {
      session.lose(new Failure(code, detail));
      return;
    }
    if (this.#failures === 1) {
      this.ctx.log("warn", `the directory is away: ${detail}`, { code });
    }
    this.ctx.after(
      { ms: retryMs(this.#failures), key: "renew" },
      session.isOpen ? "renew" : "open",
    );
  }

  /** Whether the time in which the node may act has passed. */
  look(): void {
    const session = this.#session;
    if (!session.isOpen || session.lost || session.isClosing) return;
    if (this.ctx.now() < session.safeUntilMs) {
      this.#lookLater();
      return;
    }
    const name = formatNode(session.node);
    const text = `the session of ${name} could not be renewed within ${session.ttlMs - session.marginMs} ms; what it held belongs to others soon: end the node and start it anew`;
    session.lose(new Failure("session_lost", text));
  }

  claim(request: ClaimRequest): Deferred<Revision> {
    return this.ctx.defer(this.#claim(request));
  }

  find(request: FindRequest): Deferred<AnyRef> {
    return this.ctx.defer(this.state.find(request));
  }

  override terminated(gone: AnyRef): void {
    for (const [key, entry] of this.#session.held) {
      if (addressKey(entry.owner.$.address) !== addressKey(gone.$.address)) continue;
      entry.isEnding = true;
      this.removeAgain(key);
    }
  }

  removeAgain(key: string): void {
    const { directory, held } = this.#session;
    const entry = held.get(key);
    if (!entry?.isEnding) return;
    const removing = directory
      .remove({ key, expect: entry.revision })
      // Another revision: it is another's entry by now.
      .catch((error: unknown) => {
        const failure = Failure.of(error);
        if (failure.code !== "conflict") throw failure;
      })
      .then(
        () => {
          held.delete(key);
          this.#removing.delete(key);
        },
        () => {
          this.#removing.delete(key);
          if (!this.#session.lost) this.ctx.after(retryMs(4), "removeAgain", key);
        },
      );
    this.#removing.set(key, removing);
  }

  get #session(): DirectorySession {
    return this.state.session;
  }

  async #claim({ key, owner }: ClaimRequest): Promise<Revision> {
    const session = this.#session;
    if (!session.isOpen) this.#openOnce();
    await session.opened;
    await this.#removing.get(key);
    session.check();
    const entry = await this.#put(key, owner);
    session.check();
    const known = session.held.get(key);
    if (known?.revision !== entry.revision) {
      session.held.set(key, { owner, revision: entry.revision, isEnding: false });
      this.ctx.watch(owner);
    }
    return entry.revision;
  }

  async #put(key: string, owner: AnyRef): Promise<Entry> {
    const { directory, node } = this.#session;
    try {
      const value = placeValue(owner);
      return await directory.put({ key, value, session: node, expect: "absent" });
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.code !== "conflict") throw failure;
      const present = await directory.get(key);
      if (!present) return this.#put(key, owner);
      if (isPlaceOf(present, owner)) return present;
      const { address } = placeIn(present);
      const holder = `${formatNode(address.node)}${address.path}#${address.uid}`;
      const text = `${key} is borne by ${holder}, which still lives; end it first`;
      throw new Failure("name_taken", text, failure);
    }
  }

  #lookLater(): void {
    const { isOpen, safeUntilMs } = this.#session;
    if (!isOpen) return;
    this.ctx.after({ ms: Math.max(0, safeUntilMs - this.ctx.now()), key: "look" }, "look");
  }
}
