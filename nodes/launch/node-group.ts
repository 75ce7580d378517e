// Nodes of which as many stand as somebody asks for. Each is kept running as any other; one that is given up
// stands no more, and may be asked for again.
import type { NodeReport } from "./launch-protocol.ts";
import type { StandingOrder } from "./launcher-provider.ts";
import type { SupervisedNode } from "./supervised-node.ts";

export interface NodeGroupTerms {
  readonly group: string;
  /** All that it may have, by number. */
  readonly nodes: readonly string[];
  /** So many are started with the cluster. */
  readonly min: number;
}

export interface NodeGroupPorts {
  create(name: string, life: "first" | "later"): SupervisedNode;
  drainTimeoutMs: number;
  /** Others are to be started, or ended. */
  scaled(from: number, to: number, reason: string): void;
  /** Who stands has changed. */
  changed(): void;
}

export type ProvideReport = Extract<NodeReport, { readonly kind: "provide" }>;
type Standing = StandingOrder["groups"][number];

export class NodeGroup {
  readonly #terms: NodeGroupTerms;
  readonly #ports: NodeGroupPorts;
  /** The newest life of each that was ever started, in the order of their starts. */
  readonly #members = new Map<string, SupervisedNode>();
  readonly #gaveUp = new Map<string, string>();
  /** Nodes that are being ended. */
  readonly #ending = new Set<string>();
  #count: number;

  constructor(terms: NodeGroupTerms, ports: NodeGroupPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#count = terms.min;
    for (const name of terms.nodes.slice(0, terms.min)) this.#add(name, "first");
  }

  /** Those that stand, oldest first. */
  get nodes(): readonly SupervisedNode[] {
    return [...this.#members.values()].filter(({ state }) => state !== "ended");
  }

  get standing(): Standing {
    const { group } = this.#terms;
    const nodes = [...this.#members].flatMap(([node, { state }]): Standing["nodes"] => {
      const reason = this.#gaveUp.get(node);
      if (state === "ended") return reason === undefined ? [] : [{ node, phase: "failed", reason }];
      return [{ node, phase: state === "ready" || state === "draining" ? "ready" : "starting" }];
    });
    return { group, nodes };
  }

  has(name: string): boolean {
    return this.#terms.nodes.includes(name);
  }

  /** Whether the cluster can go on without it: another one of the group stands, or none has to. */
  gaveUp(name: string, reason: string): boolean {
    this.#gaveUp.set(name, reason);
    return this.#terms.min === 0 || this.nodes.length > 0;
  }

  provide({ count, reason, start, end }: ProvideReport): void {
    if (count !== this.#count) this.#ports.scaled(this.#count, count, reason);
    this.#count = count;
    for (const name of end) void this.#end(name);
    for (const name of start) if (this.has(name) && !this.#stands(name)) this.#startLater(name);
  }

  #stands(name: string): boolean {
    const member = this.#members.get(name);
    return member !== undefined && member.state !== "ended";
  }

  #startLater(name: string): void {
    this.#gaveUp.delete(name);
    this.#add(name, this.#members.has(name) ? "later" : "first").start();
  }

  #add(name: string, life: "first" | "later"): SupervisedNode {
    const node = this.#ports.create(name, life);
    this.#members.delete(name);
    this.#members.set(name, node);
    void node.ended.then(() => this.#ports.changed());
    return node;
  }

  /** What it still runs goes on elsewhere. */
  async #end(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (!member || member.state === "ended" || this.#ending.has(name)) return;
    this.#ending.add(name);
    const { drainTimeoutMs } = this.#ports;
    await member.stop(drainTimeoutMs);
    this.#ending.delete(name);
  }
}
