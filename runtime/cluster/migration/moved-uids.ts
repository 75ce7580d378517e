// The question before all questions: has an actor of this uid ever to do with a move? Answered by a
// number alone, without making the key of an identity, so that actors that never moved cost nothing.
import { type ActorId, actorUidOf } from "#protocols/cluster/migration.ts";

export class MovedUids {
  /** How many identities of that uid are known; several nodes may have given the same uid. */
  readonly #counts = new Map<number, number>();

  /** Hot: W5. False: nothing of the migration concerns an actor with this uid. */
  has(uid: number): boolean {
    return this.#counts.size !== 0 && this.#counts.has(uid);
  }

  add(aid: ActorId): void {
    const uid = actorUidOf(aid);
    this.#counts.set(uid, (this.#counts.get(uid) ?? 0) + 1);
  }

  remove(aid: ActorId): void {
    const uid = actorUidOf(aid);
    const count = (this.#counts.get(uid) ?? 0) - 1;
    if (count > 0) this.#counts.set(uid, count);
    else this.#counts.delete(uid);
  }
}
