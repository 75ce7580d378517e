// What the routes of nodes need: the registry, wherever it is, or the failure that says it is away.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskRequirements } from "#protocols/tasks/capability.ts";
import type {
  NodeMatch,
  NodeOrder,
  NodeRegistry,
  NodeReport,
  NodeView,
} from "#protocols/tasks/node.ts";

export const nodeActs = ["pause", "resume", "drain", "restart", "stop", "remove"] as const;
export type NodeAct = (typeof nodeActs)[number];

export const isNodeAct = (word: string | undefined): word is NodeAct =>
  nodeActs.some((act) => act === word);

const withinMs = 5_000;

export class NodeService {
  #registry: Ref<NodeRegistry> | undefined;

  use(registry: Ref<NodeRegistry> | undefined): void {
    this.#registry = registry;
  }

  nodes(): Promise<readonly NodeView[]> {
    return this.#present().list();
  }

  node(name: string): Promise<NodeView | null> {
    return this.#present().node(name);
  }

  match(requirements: TaskRequirements): Promise<readonly NodeMatch[]> {
    return this.#present().match(requirements);
  }

  report(name: string): Promise<NodeReport> {
    return this.#present().report(name);
  }

  /** Resolves when the order is kept. */
  async order(act: NodeAct, order: NodeOrder): Promise<void> {
    const registry = this.#present();
    switch (act) {
      case "pause":
      case "resume":
      case "drain":
      case "remove":
        await registry[act](order);
        return;
      case "restart":
        await registry.end({ ...order, wish: "come-back" });
        return;
      case "stop":
        await registry.end({ ...order, wish: "stay-away" });
        return;
      default:
        act satisfies never;
    }
  }

  #present(): Ref<NodeRegistry> {
    if (this.#registry) return this.#registry.$.with({ within: withinMs });
    const detail =
      "The node registry is not there yet, or is being restarted. Come again in a moment.";
    throw new Failure("unavailable", detail);
  }
}
