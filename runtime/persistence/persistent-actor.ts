// An actor that is kept as its events: what happened is stored first, then applied, then answered.
// When an instance begins, the newest snapshot and the events behind it make its state again.
//
//   handler ──persist(event)──► journal ──stored──► apply(event) ──► handler goes on, and answers
//
// Event sourcing: Fowler 2005; the order of store, apply and answer is Akka Persistence's.
import type { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import { Actor } from "#runtime/core/actor.ts";
import { invariant } from "#runtime/core/invariant.ts";
import type { Claim, Persistence } from "./journal.ts";
import { JournalRecovery } from "./journal-recovery.ts";
import { JournalWriter } from "./journal-writer.ts";
import { persistenceLimits } from "./persistence-limits.ts";
import { type JournalTerms, persistenceIdOf } from "./persistence-spec.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import { journalStorageOf, type Storage } from "./storage.ts";
import { StoreLoss } from "./store-loss.ts";

const { pageEventsMax, progressEvents } = persistenceLimits;

/**
 * `E` is the union of the actor's events: plain data. The class says in `static readonly persistence`
 * (a `JournalSpec`) how its actors are called in the store, and is spawned as
 * `storedIn(persistence, TheClass)`. Messages wait until the actor has recovered; one that cannot
 * recover crashes with `corrupt`, `invalid` (a newer or unreadable version) or `store_failed`. Two
 * actors of one id: the one that began earlier crashes with `conflict` at its next event. A long
 * journal may need a longer `startTimeoutMs`.
 */
export abstract class PersistentActor<P, S, E, Own = unknown> extends Actor<P, S, Own> {
  static readonly keeps = "events";
  #writer: JournalWriter | undefined;
  #version = 0;

  /**
   * Changes `this.state` as the event says and does nothing else: no clock, no chance, no message.
   * It must not refuse: what happened has happened, and is applied again after each restart.
   */
  protected abstract apply(event: E): void;

  /** After recovery, before the first message: what another actor does in `start`. */
  protected recovered?(): void | Promise<void>;

  override async start(): Promise<void> {
    const storage = journalStorageOf(this);
    const { persistence, codec, terms } = storage;
    const persistenceId = persistenceIdOf(terms, this.state);
    const loss = new StoreLoss(this.ctx);
    const claim = await persistence.journal.claim(persistenceId);
    const recovery = new JournalRecovery(claim, terms, codec);
    await this.#recover(recovery, claim, persistence);
    const keeper = this.#keeperOf(storage, { claim, loss, recovery });
    const writer: JournalWriter = new JournalWriter({
      journal: persistence.journal,
      codec,
      claim,
      schemaVersion: terms.version,
      loss,
      apply: (event, sequence) => this.#applyStored(event, sequence, persistenceId),
      advanced: (events, bytes) => keeper.advanced({ events, bytes }, writer.version, this.state),
    });
    this.#writer = writer;
    await this.recovered?.();
  }

  /**
   * Stores the events, all or none, and applies them; then it settles. What is persisted while an
   * append is under way goes together with the next. Throws at once, storing nothing, with
   * `invalid` or `too_large` for what cannot be kept, `mailbox_full` when too much waits. When the
   * store fails or refuses, the actor crashes, whether or not the handler waits.
   */
  protected persist(...events: readonly [E, ...E[]]): Promise<void> {
    invariant(this.#writer !== undefined, "events are persisted after recovery: see `recovered`");
    return this.#writer.persist(events);
  }

  /** How many events there were, up to the last that was applied; in `apply`, before this one. */
  protected get version(): number {
    return this.#version;
  }

  async #recover(recovery: JournalRecovery, claim: Claim, persistence: Persistence): Promise<void> {
    const { persistenceId, version } = claim;
    const startedAt = this.ctx.now();
    const snapshot = await persistence.snapshots.loadLatest(persistenceId);
    const found = recovery.takeSnapshot(snapshot);
    if (found) Object.assign(this, { state: found.state });
    this.#version = recovery.after;
    let progressAt = recovery.after + progressEvents;
    while (!recovery.isDone) {
      const { after } = recovery;
      const page = await persistence.journal.read({ persistenceId, after, limit: pageEventsMax });
      for (const [index, event] of recovery.takePage(page).entries()) {
        this.#applyStored(event, after + index + 1, persistenceId);
      }
      if (recovery.after < progressAt) continue;
      this.ctx.log("info", `recovering ${persistenceId}: ${recovery.after} of ${version} events`);
      progressAt += progressEvents;
    }
    this.ctx.log("debug", `recovered ${persistenceId}`, {
      version,
      snapshotAt: recovery.snapshotAt,
      ms: Math.round(this.ctx.now() - startedAt),
    });
  }

  #keeperOf(
    { persistence, codec, terms }: Storage<JournalTerms> & { readonly codec: PlainCodec },
    { claim, loss, recovery }: { claim: Claim; loss: StoreLoss; recovery: JournalRecovery },
  ): SnapshotKeeper {
    const complain = (text: string, { code }: Failure) => this.ctx.log("warn", text, { code });
    return new SnapshotKeeper(
      { persistence, codec, claim, terms, loss, complain },
      { snapshotAt: recovery.snapshotAt, since: recovery.sinceSnapshot },
    );
  }

  #applyStored(event: unknown, sequence: number, persistenceId: string): void {
    let result: unknown;
    try {
      result = Reflect.apply(this.apply, this, [event]);
    } catch (cause) {
      const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      const text = `apply threw at event ${sequence} of ${persistenceId}: ${why}; mend apply, the event is stored`;
      throw new Failure("actor_crashed", text, cause);
    }
    this.#version = sequence;
    if (result === undefined) return;
    const text = `apply answered something at event ${sequence} of ${persistenceId}; it changes this.state, at once, and returns nothing`;
    throw new Failure("actor_crashed", text);
  }
}
