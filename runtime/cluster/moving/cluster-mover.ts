// Moves actors of any node, for those who know nodes and paths only: `ctx.use(clusterMover)`.
import type { Ref } from "#protocols/actor-ref.ts";
import {
  type DrainOutcome,
  drainMsMax,
  type MoveOrder,
  MoverService,
  moverPath,
} from "#protocols/cluster/mover-protocol.ts";
import { clusterRemedy } from "#runtime/cluster/cluster-remedy.ts";
import { serviceKey } from "#runtime/core/services.ts";
import type { ActorSystem } from "#runtime/core/system.ts";

export class ClusterMover {
  readonly #system: ActorSystem;

  constructor(system: ActorSystem) {
    this.#system = system;
  }

  /** Settles when it lives there; fails with why it stays. */
  async move(node: string, order: MoveOrder): Promise<void> {
    await this.#on(node).move(order);
  }

  /** Moves away what can, for at most a minute. */
  drain(node: string): Promise<DrainOutcome> {
    return this.#on(node).drain(drainMsMax);
  }

  #on(node: string): Ref<MoverService> {
    return this.#system.refTo(MoverService, { node, path: moverPath });
  }
}

export const clusterMover = serviceKey(
  "clusterMover",
  (value) => (value instanceof ClusterMover ? value : undefined),
  clusterRemedy,
);
