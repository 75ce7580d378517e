// Workers by what they can run: a claim says who else could, and many workers are of few kinds.

import { storeLimits } from "#protocols/store-limits.ts";
import type { OtherWorkers } from "#protocols/tasks/claim-request.ts";
import type { PooledWorker } from "./pooled-worker.ts";

type Kinded = Pick<PooledWorker, "node" | "queues" | "models" | "skills" | "machine">;

interface KindOfWorkers {
  readonly what: OtherWorkers;
  readonly nodes: Set<string>;
}

/** How near claims are to naming as many others as they may. */
export interface OthersFigures {
  /** By the claim that was planned last. */
  readonly named: number;
  /** Claims for which there were more. */
  readonly cut: number;
}

export class WorkerKinds {
  readonly #byName = new Map<string, KindOfWorkers>();
  readonly #nameOf = new Map<string, string>();
  #named = 0;
  #cut = 0;

  get figures(): OthersFigures {
    return { named: this.#named, cut: this.#cut };
  }

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
      if (!hasOther(nodes, node, isOpen)) continue;
      if (others.length === storeLimits.claimOthersMax) {
        this.#cut += 1;
        break;
      }
      others.push(what);
    }
    this.#named = others.length;
    return others;
  }
}

function hasOther(
  nodes: ReadonlySet<string>,
  node: string,
  isOpen: (node: string) => boolean,
): boolean {
  for (const one of nodes) if (one !== node && isOpen(one)) return true;
  return false;
}
