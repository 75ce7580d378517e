// Nodes behind the calls that programs of the source project know, spelt as there: a thin layer over
// the store, which keeps its rules: who registers anew lives anew, and states go only where they can.

import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { type NodeRecord, NodeState, nodeMoves } from "#protocols/tasks/node-record.ts";
import {
  describedIn,
  introductionOf,
  type NewNodeRow,
  type NodeRow,
  type NodeRowUpdate,
  nodeRowOf,
} from "./node-row.ts";

export interface NodeRepositoryTerms {
  readonly store: Ref<Store>;
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: () => number;
  /** For how long a heartbeat speaks. */
  readonly leaseMs: number;
}

export type NodeFigures = Partial<
  Pick<NodeRow, "cpu_usage" | "memory_usage" | "disk_usage" | "running_tasks">
>;

const isState = Compile(NodeState);

export class NodeRepository {
  readonly #terms: NodeRepositoryTerms;
  readonly #store: Ref<Store>;

  constructor(terms: NodeRepositoryTerms) {
    this.#terms = terms;
    this.#store = terms.store;
  }

  /**
   * Registers the node, in a new life when it is known: it is `registering` until its first heartbeat.
   * Fails with `unavailable` when as many nodes are known as may be.
   */
  async create(node: NewNodeRow): Promise<NodeRow> {
    const answer = await this.#store.registerNode(introductionOf(node));
    if (answer.kind === "saved") return nodeRowOf(answer.node);
    const seen = answer.kind === "full" ? `${answer.limit} nodes are known` : "it lives anew";
    throw new Failure("unavailable", `node ${node.node_id} is not registered: ${seen}; try later`);
  }

  async get(node_id: string): Promise<NodeRow | null> {
    const node = await this.#store.node(node_id);
    return node && nodeRowOf(node);
  }

  /**
   * Changes what the node says of itself, and its status where that can go there. What is left out
   * stays; its figures and counts are no matter of an update. Null for an unknown node.
   */
  async update(node: NodeRowUpdate): Promise<NodeRow | null> {
    const { node_id, status, ...described } = node;
    const former = await this.#store.node(node_id);
    if (!former) return null;
    const state = status === undefined ? former.status : stateIn(status);
    checkMove(former, state);
    const changes = describedIn(described);
    const request = { node: node_id, version: former.version, changes };
    const answer = await this.#store.updateNode(request);
    if (answer.kind === "stale") throw changedMeanwhile(node_id);
    if (answer.kind === "not_found" || state === former.status) return this.get(node_id);
    const moved = await this.#put(node_id, state, answer.node.version);
    return moved && nodeRowOf(moved);
  }

  /** False: it was not known. */
  async delete(node_id: string): Promise<boolean> {
    return (await this.#store.removeNode(node_id)).kind === "removed";
  }

  /** By name. */
  async get_all_nodes(): Promise<readonly NodeRow[]> {
    const rows: NodeRow[] = [];
    let after: string | undefined;
    do {
      const range = after === undefined ? {} : { after };
      const page = await this.#store.nodes({ limit: storeLimits.recordPageMax, ...range });
      rows.push(...page.map(nodeRowOf));
      after = page.length < storeLimits.recordPageMax ? undefined : page.at(-1)?.node;
    } while (after !== undefined);
    return rows;
  }

  async get_online_nodes(): Promise<readonly NodeRow[]> {
    return rowsOf(await this.#store.onlineNodes(storeLimits.recordPageMax));
  }

  /** Online, with room for a task; the least loaded first. */
  async get_available_nodes(): Promise<readonly NodeRow[]> {
    return rowsOf(await this.#store.availableNodes(storeLimits.recordPageMax));
  }

  /** Says that the node lives, with the figures that are given; others stay. False: not known. */
  async update_heartbeat(node_id: string, figures: NodeFigures = {}): Promise<boolean> {
    const node = await this.#store.node(node_id);
    if (!node) return false;
    const answer = await this.#store.beatNode({
      node: node_id,
      incarnation: node.incarnation,
      leaseMs: this.#terms.leaseMs,
      runningTasks: figures.running_tasks ?? node.runningTasks,
      cpuPercent: figures.cpu_usage ?? node.cpuPercent,
      memoryPercent: figures.memory_usage ?? node.memoryPercent,
      diskPercent: figures.disk_usage ?? node.diskPercent,
    });
    return answer.kind === "heard";
  }

  /** Null for an unknown node. Fails with `invalid` when it cannot be put there from where it is. */
  async update_status(node_id: string, status: string): Promise<NodeRow | null> {
    const node = await this.#put(node_id, stateIn(status), undefined);
    return node && nodeRowOf(node);
  }

  /** Not heard for so many seconds, longest silent first. */
  async find_unresponsive_nodes(timeout: number): Promise<readonly NodeRow[]> {
    const heardBefore = Math.max(0, Math.floor(this.#terms.nowMs() - timeout * 1_000));
    const limit = storeLimits.recordPageMax;
    return rowsOf(await this.#store.unresponsiveNodes({ heardBefore, limit }));
  }

  /** By name. */
  async find_by_skill(skill: string): Promise<readonly NodeRow[]> {
    return rowsOf(await this.#store.nodesBySkill({ skill, limit: storeLimits.recordPageMax }));
  }

  async #put(
    node: string,
    status: NodeState,
    version: number | undefined,
  ): Promise<NodeRecord | null> {
    const asRead = version === undefined ? {} : { version };
    const request = { node, status, reason: "updated", ...asRead };
    const answer = await this.#store.setNodeStatus(request);
    switch (answer.kind) {
      case "saved":
        return answer.node;
      case "not_found":
        return null;
      case "stale":
        throw changedMeanwhile(node);
      case "illegal":
        throw cannotMove(node, answer.from, status);
      default:
        return answer satisfies never;
    }
  }
}

const rowsOf = (nodes: readonly NodeRecord[]): readonly NodeRow[] => nodes.map(nodeRowOf);

const changedMeanwhile = (node: string): Failure =>
  new Failure("unavailable", `node ${node} has changed meanwhile; read it again, then update it`);

function stateIn(word: string): NodeState {
  const state = word.toLowerCase();
  if (isState.Check(state)) return state;
  throw new Failure("invalid", `"${word}" is no state of a node; "online" is one`);
}

function checkMove({ node, status }: NodeRecord, to: NodeState): void {
  if (status === to || nodeMoves[status].includes(to)) return;
  throw cannotMove(node, status, to);
}

const cannotMove = (node: string, from: NodeState, to: NodeState): Failure =>
  new Failure(
    "invalid",
    `node ${node} is ${from}, from where it cannot be put ${to}; register it anew`,
  );
