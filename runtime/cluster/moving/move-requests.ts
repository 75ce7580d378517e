// Those who asked for a move, until it has ended one way or the other: by a promise of this node, or by
// the number of an ask of another one.
import type { ActorId } from "#protocols/cluster/migration.ts";
import type { Failure } from "#protocols/failure.ts";
import {
  type NotMigratable,
  notMigratableFailure,
} from "#runtime/cluster/migration/not-migratable.ts";

export interface MoveRequest {
  succeed(): void;
  refuse(failure: Failure): void;
}

export class MoveRequests {
  readonly #waiting = new Map<ActorId, MoveRequest>();

  get count(): number {
    return this.#waiting.size;
  }

  /** Of the move that is under way; there is one at most. */
  add(aid: ActorId, request: MoveRequest): void {
    this.#waiting.set(aid, request);
  }

  settled(aid: ActorId, outcome: "moved" | NotMigratable): void {
    const request = this.#waiting.get(aid);
    this.#waiting.delete(aid);
    if (outcome === "moved") request?.succeed();
    else request?.refuse(notMigratableFailure(aid, outcome));
  }
}
