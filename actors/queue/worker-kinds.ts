// Workers by what they can run: a claim says who else could, and many workers are of few kinds.

import { storeLimits } from "#protocols/store-limits.ts";
import type { OtherWorkers } from "#protocols/tasks/claim-request.ts";
import type { PooledWorker } from "./pooled-worker.ts";

type Kinded = Pick<PooledWorker, "node" | "queues" | "models" | "skills" | "machine">;

interface KindOfWorkers {
  readonly what: OtherWorkers;
  readonly nodes: Set<string>;
}

export class WorkerKinds {
  readonly #byName = new Map<string, KindOfWorkers>();
  readonly #nameOf = new Map<string, string>();

  /** In the place of what the node had before. */
  add({ node, queues, models, skills, machine }: Kinded): void {
    this.remove(node);
    const what = { queues, models, skills, ...(machine === undefined ? {} : { machine }) };
    const name = JSON.stringify(what);
    const kind = this.#byName.get(name) ?? { what, nodes: new Set() };
    kind.nodes.add(node);
    this.#byName.set(name, kind);
    this.#nameOf.set(node, name);
  }

  remove(node: string): void {
    const name = this.#nameOf.get(node);
    const kind = name === undefined ? undefined : this.#byName.get(name);
    if (name === undefined || kind === undefined) return;
    this.#nameOf.delete(node);
    kind.nodes.delete(node);
    if (kind.nodes.size === 0) this.#byName.delete(name);
  }

  /** Kinds of which there is an open worker on another node. Cost: the kinds, and who is not open. */
  othersThan(node: string, isOpen: (node: string) => boolean): readonly OtherWorkers[] {
    const others: OtherWorkers[] = [];
    for (const { nodes, what } of this.#byName.values()) {
      if (others.length >= storeLimits.claimOthersMax) break;
      for (const one of nodes) {
        if (one === node || !isOpen(one)) continue;
        others.push(what);
        break;
      }
    }
    return others;
  }
}
