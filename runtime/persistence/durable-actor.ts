// An actor that is kept as its state: `await this.save()` keeps it as it is now, and the next
// instance begins with what was saved last. For actors of whom nobody asks how they came there.

import { Failure } from "#protocols/failure.ts";
import { Actor } from "#runtime/core/actor.ts";
import { invariant } from "#runtime/core/invariant.ts";
import { persistenceIdOf } from "./persistence-spec.ts";
import { StateWriter } from "./state-writer.ts";
import { stateStorageOf } from "./storage.ts";
import { StoreLoss } from "./store-loss.ts";

/**
 * The class says in `static readonly persistence` (a `StateSpec`) how its actors are called in the
 * store, and is spawned as `storedIn(persistence, TheClass)`. It fails to recover and meets a second
 * actor of its id as a `PersistentActor` does.
 */
export abstract class DurableActor<P, S, Own = unknown> extends Actor<P, S, Own> {
  static readonly keeps = "state";
  #writer: StateWriter | undefined;

  /** After recovery, before the first message: what another actor does in `start`. */
  protected recovered?(): void | Promise<void>;

  override async start(): Promise<void> {
    const { persistence, codec, terms } = stateStorageOf(this);
    const persistenceId = persistenceIdOf(terms, this.state);
    const loss = new StoreLoss(this.ctx);
    const claim = await persistence.journal.claim(persistenceId);
    if (claim.version > 0) {
      const text = `${persistenceId} has ${claim.version} events of a PersistentActor; give this actor an id of its own`;
      throw new Failure("invalid", text);
    }
    const row = await persistence.snapshots.loadLatest(persistenceId);
    if (row) {
      const what = `the state of ${persistenceId}`;
      const state = terms.states.cast(codec.decode(row.bytes, what), row.schemaVersion, what);
      Object.assign(this, { state });
    }
    const { snapshots } = persistence;
    this.#writer = new StateWriter({ snapshots, codec, claim, schemaVersion: terms.version, loss });
    await this.recovered?.();
  }

  /**
   * Keeps the state as it is at this moment; settles when it, or a later one, is stored. Saves that
   * come while another is under way share one. Throws at once, storing nothing, with `invalid` or
   * `too_large` for a state that cannot be kept. When the store fails or refuses, the actor crashes,
   * whether or not the handler waits.
   */
  protected save(): Promise<void> {
    invariant(this.#writer !== undefined, "a state is saved after recovery: see `recovered`");
    return this.#writer.save(this.state);
  }
}
