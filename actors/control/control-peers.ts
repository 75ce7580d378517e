// The actors that commands need, found when they are needed: so that nothing has to be noticed when one
// of them has ended, and another has taken its place.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { NodeControl, nodeControlPath } from "#protocols/tasks/control.ts";
import { Gateway } from "#protocols/tasks/gateway.ts";
import { NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { Context } from "#runtime/core/context.ts";

export interface GatewayPlace {
  readonly node: string;
  readonly path: string;
}

/** So long a name is waited for: whoever bears it may just be starting anew. */
const lookUpMsMax = 2_000;

export class ControlPeers {
  readonly #ctx: Pick<Context<unknown>, "lookup" | "refAt">;
  readonly #gateway: GatewayPlace | null;

  constructor(ctx: Pick<Context<unknown>, "lookup" | "refAt">, gateway: GatewayPlace | null) {
    this.#ctx = ctx;
    this.#gateway = gateway;
  }

  store(withinMs = lookUpMsMax): Promise<Ref<Store>> {
    return this.#found(Store, "store", withinMs);
  }

  queue(withinMs: number): Promise<Ref<Queue>> {
    return this.#found(Queue, "queue", withinMs);
  }

  registry(withinMs: number): Promise<Ref<NodeRegistry>> {
    return this.#found(NodeRegistry, nodeRegistryName, withinMs);
  }

  /** That one life of the node. */
  node(node: { readonly name: string; readonly incarnation: number }): Ref<NodeControl> {
    return this.#ctx.refAt(NodeControl, { node, path: nodeControlPath, uid: 0 });
  }

  /** Fails with `not_found` where the topology has none. */
  gateway(): Ref<Gateway> {
    if (this.#gateway === null) {
      throw new Failure("not_found", "this cluster has no gateway; add one to its topology");
    }
    const { node, path } = this.#gateway;
    return this.#ctx.refAt(Gateway, { node: { name: node, incarnation: 0 }, path, uid: 0 });
  }

  /** Every cluster has them: who is not found is starting anew. */
  async #found<P>(protocol: Protocol<P>, name: string, withinMs: number): Promise<Ref<P>> {
    const within = Math.max(1, Math.min(lookUpMsMax, withinMs));
    try {
      return await this.#ctx.lookup(protocol, name, { within });
    } catch (cause) {
      const text = `the ${name} is not there just now (${Failure.of(cause).detail}); ask again`;
      throw new Failure("unavailable", text, cause);
    }
  }
}
