// Runs a whole cluster on this machine: every node a process of its own, kept running.
//
//   start:  director ─► ready ─► all others at once ─► ready
//   start:  with the others as many of each group as always stand; further ones when the scaler asks for them
//   drain:  all take nothing new ─► all drained, or late ─► stopped in reverse order ─► killed
//
// A node that ends is started again; one that ends too often takes the cluster down with it, in
// order, because a cluster that silently lacks a node looks like a slow one. One of a group does so only when
// no other of the group stands: else the scaler is told, which tries again, and tells of it.
import { performance } from "node:perf_hooks";
import type { LauncherPlan } from "../topology/topology-plan.ts";
import { Latch, within } from "./latch.ts";
import type { LaunchEvent, LaunchObserver } from "./launch-observer.ts";
import { NodeGroup, type NodeGroupTerms } from "./node-group.ts";
import type { NodeCommand } from "./node-process.ts";
import { type NodeState, SupervisedNode } from "./supervised-node.ts";

export interface ClusterLauncherOptions {
  /** Those that always stand. */
  readonly nodes: readonly { readonly name: string; readonly isDirector: boolean }[];
  readonly groups?: readonly NodeGroupTerms[];
  /** Of these, who says how many of each group are to stand. */
  readonly scaler?: string | undefined;
  readonly plan: LauncherPlan;
  readonly observer: LaunchObserver;
  command(name: string): NodeCommand;
}

/** How the cluster ended. `killed` names the nodes that did not end by themselves. */
export type ClusterEnd =
  | { readonly kind: "stopped"; readonly killed: readonly string[] }
  | {
      readonly kind: "gave-up";
      readonly killed: readonly string[];
      readonly node: string;
      readonly reason: string;
      /** The last lines that the node wrote. */
      readonly lines: readonly string[];
    };

export interface LaunchedNode {
  readonly name: string;
  readonly pid: number | null;
  readonly state: NodeState;
  readonly restarts: number;
  readonly url: string | null;
}

/** Left to the nodes for stopping, however long the draining took. */
const stopMsMin = 1_000;

export class ClusterLauncher {
  readonly #options: ClusterLauncherOptions;
  readonly #observer: LaunchObserver;
  /** In start order: the director first. */
  readonly #fixed: readonly SupervisedNode[];
  readonly #groups: ReadonlyMap<string, NodeGroup>;
  readonly #leaving = new Latch();
  readonly #killed: string[] = [];
  #loss: { readonly node: SupervisedNode; readonly reason: string } | undefined;
  #end: Promise<void> | undefined;

  constructor(options: ClusterLauncherOptions) {
    this.#options = options;
    this.#observer = {
      observe: (event) => {
        if (event.kind === "killed") this.#killed.push(event.node);
        options.observer.observe(event);
        if (this.#concernsGroup(event)) this.#tellStanding();
      },
    };
    const ordered = [...options.nodes].sort((a, b) => Number(b.isDirector) - Number(a.isDirector));
    this.#fixed = ordered.map(({ name }) => this.#supervise(name, "first"));
    this.#groups = new Map(
      (options.groups ?? []).map((terms) => [terms.group, this.#group(terms)]),
    );
  }

  /** Resolves when every node is ready, or the cluster is on its way down before that. */
  async start(): Promise<"ready" | "leaving"> {
    const [director, ...others] = this.#all;
    await this.#startAll(director === undefined ? [] : [director]);
    if (!this.#leaving.isOpen) await this.#startAll(others);
    return this.#leaving.isOpen ? "leaving" : "ready";
  }

  /** Resolves when no process is left; never before `drain` was asked for or a node was given up. */
  async ended(): Promise<ClusterEnd> {
    await this.#leaving.opened;
    await this.#end;
    const killed = [...this.#killed];
    if (this.#loss === undefined) return { kind: "stopped", killed };
    const { node, reason } = this.#loss;
    return { kind: "gave-up", killed, node: node.name, reason, lines: [...node.recentLines] };
  }

  /** Ends the cluster in order, within the plan's `drainTimeoutMs`; again and again is once. */
  drain(): void {
    if (this.#leaving.isOpen) return;
    this.#observer.observe({ kind: "draining" });
    this.#end = this.#leave();
    this.#leaving.open();
  }

  /** Ends every process at once. */
  kill(): void {
    for (const node of this.#all) node.kill();
    this.drain();
  }

  nodes(): readonly LaunchedNode[] {
    return this.#all.map((node) => ({
      name: node.name,
      pid: node.pid ?? null,
      state: node.state,
      restarts: node.restarts,
      url: node.url,
    }));
  }

  /** In start order. */
  get #all(): readonly SupervisedNode[] {
    return [...this.#fixed, ...[...this.#groups.values()].flatMap(({ nodes }) => nodes)];
  }

  #group(terms: NodeGroupTerms): NodeGroup {
    return new NodeGroup(terms, {
      create: (name, life) => this.#supervise(name, life),
      drainTimeoutMs: this.#options.plan.drainTimeoutMs,
      scaled: (from, to, reason) =>
        this.#observer.observe({ kind: "scaled", group: terms.group, from, to, reason }),
      changed: () => this.#tellStanding(),
    });
  }

  #groupOf(name: string): NodeGroup | undefined {
    return [...this.#groups.values()].find((group) => group.has(name));
  }

  /** Who says how many are to stand has to know who does, and starts anew at times. */
  #concernsGroup(event: LaunchEvent): boolean {
    if (!("node" in event) || event.kind === "log") return false;
    if (event.node === this.#options.scaler) return event.kind === "ready";
    return this.#groupOf(event.node) !== undefined;
  }

  #tellStanding(): void {
    const scaler = this.#fixed.find(({ name }) => name === this.#options.scaler);
    const groups = [...this.#groups.values()].map(({ standing }) => standing);
    scaler?.tell({ kind: "standing", groups });
  }

  #supervise(name: string, life: "first" | "later"): SupervisedNode {
    const node: SupervisedNode = new SupervisedNode({
      name,
      command: this.#options.command(name),
      plan: this.#options.plan,
      observer: this.#observer,
      life,
      asked: (order) => {
        if (!this.#leaving.isOpen) this.#groups.get(order.group)?.provide(order);
      },
      gaveUp: (reason) => {
        if (this.#groupOf(name)?.gaveUp(name, reason)) return;
        this.#loss ??= { node, reason };
        this.drain();
      },
    });
    return node;
  }

  async #startAll(nodes: readonly SupervisedNode[]): Promise<void> {
    for (const node of nodes) node.start();
    // One of a group that is given up before is done without.
    const ready = Promise.all(nodes.map((node) => Promise.race([node.firstReady, node.ended])));
    await Promise.race([ready, this.#leaving.opened]);
  }

  async #leave(): Promise<void> {
    const { drainTimeoutMs } = this.#options.plan;
    const deadlineMs = performance.now() + drainTimeoutMs;
    const nodes = this.#all;
    const drained = Promise.all(nodes.map((node) => node.drain(drainTimeoutMs)));
    await within(
      drainTimeoutMs,
      drained.then(() => undefined),
    );
    // A node that hangs may use up its own share of the time only, so that the others still stop.
    const leftMs = Math.max(stopMsMin, deadlineMs - performance.now());
    const shareMs = leftMs / Math.max(1, nodes.length);
    for (const node of [...nodes].reverse()) await node.stop(shareMs);
  }
}
