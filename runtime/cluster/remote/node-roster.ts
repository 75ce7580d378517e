// The nodes of the cluster as one node sees them, for whoever has to choose one. Between two reports
// of a node's load, what was placed there from here is counted on top.

import { formatPlacement, type Placement } from "#protocols/cluster/actor-placement.ts";
import { nodesPrefix } from "#protocols/cluster/directory-data.ts";
import { Failure } from "#protocols/failure.ts";
import type { Directory } from "#runtime/cluster/directory/directory.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import type { WaitingPorts } from "#runtime/cluster/directory/patient-call.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import { chosenNode, fittingNodes, nodeIn, type PlacedNode } from "./node-traits.ts";

/** Whom not to choose. */
export type NodeFilter = (node: PlacedNode) => boolean;

export class NodeRoster {
  readonly #directory: Directory;
  readonly #ports: WaitingPorts;
  readonly #met: (name: string, address: string) => void;
  /** Made when it is first needed: most nodes place nothing. */
  #view: DirectoryView | undefined;
  readonly #nodes = new Map<string, PlacedNode>();
  readonly #listeners = new Set<() => void>();
  #turn = 0;

  /** `met` hears where each node listens, before it can be chosen. */
  constructor(
    directory: Directory,
    ports: WaitingPorts,
    met: (name: string, address: string) => void,
  ) {
    this.#directory = directory;
    this.#ports = ports;
    this.#met = met;
  }

  /**
   * A node that fits, as soon as there is one. Fails at the deadline: with `unavailable`, and with
   * `not_found` for a name.
   */
  async choose(
    placement: Placement,
    { deadlineMs, isUnfit }: { readonly deadlineMs: number; readonly isUnfit: NodeFilter },
  ): Promise<PlacedNode> {
    for (;;) {
      const node = this.#choice(placement, isUnfit);
      if (node) {
        this.#nodes.set(node.name, { ...node, load: node.load + 1 });
        return node;
      }
      if (!(await this.#changed(deadlineMs))) throw this.#noneFits(placement);
    }
  }

  /** Whether some node fits now. */
  has(placement: Placement, isUnfit: NodeFilter): boolean {
    return this.#fitting(placement, isUnfit).length > 0;
  }

  /** Undefined for a node that has no session, or is not known yet. */
  find(name: string): PlacedNode | undefined {
    this.#watch();
    return this.#nodes.get(name);
  }

  /** Called after each change, from now on; answers how to end that. */
  onChange(listener: () => void): () => void {
    this.#watch();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node ends: nothing is heard any more, until somebody asks again. */
  close(): void {
    this.#view?.close();
    this.#view = undefined;
    this.#nodes.clear();
  }

  #choice(placement: Placement, isUnfit: NodeFilter): PlacedNode | undefined {
    const node = chosenNode(this.#fitting(placement, isUnfit), placement, this.#turn);
    if (node) this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    return node;
  }

  #fitting(placement: Placement, isUnfit: NodeFilter): readonly PlacedNode[] {
    this.#watch();
    return fittingNodes(this.#nodes.values(), placement).filter((node) => !isUnfit(node));
  }

  /** False when the deadline passed without a change. */
  #changed(deadlineMs: number): Promise<boolean> {
    const over = new AbortController();
    const { timers } = this.#ports;
    return new Promise((resolve) => {
      const settle = (hasChanged: boolean): void => {
        end();
        over.abort();
        resolve(hasChanged);
      };
      const end = this.onChange(() => settle(true));
      sleepUntil(timers, deadlineMs, over.signal).then(
        () => settle(false),
        () => {},
      );
    });
  }

  #watch(): void {
    this.#view ??= new DirectoryView(this.#directory, nodesPrefix, this.#ports, {
      put: (entry) => {
        const node = nodeIn(entry);
        if (node.address !== undefined) this.#met(node.name, node.address);
        this.#nodes.set(node.name, node);
        this.#tell();
      },
      removed: ({ key }) => {
        this.#nodes.delete(key.slice(nodesPrefix.length));
        this.#tell();
      },
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #noneFits(placement: Placement): Failure {
    const text = `${formatPlacement(placement)} was looked for, but there are only ${this.#known()}; start one that fits, or place it elsewhere`;
    return new Failure(typeof placement === "string" ? "not_found" : "unavailable", text);
  }

  #known(): string {
    const known = [...this.#nodes.values()].map(({ name, roles, capabilities }) => {
      const has = [...roles, ...capabilities].join(", ");
      return has === "" ? name : `${name} (${has})`;
    });
    return known.length === 0 ? "none" : known.join(", ");
  }
}
