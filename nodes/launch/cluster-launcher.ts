// Runs a whole cluster on this machine: every node a process of its own, kept running.
//
//   start:  director ─► ready ─► all others at once ─► ready
//   drain:  all take nothing new ─► all drained, or late ─► stopped in reverse order ─► killed
//
// A node that ends is started again; one that ends too often takes the cluster down with it, in
// order, because a cluster that silently lacks a node looks like a slow one.
import { performance } from "node:perf_hooks";
import type { LauncherPlan } from "../topology/topology-plan.ts";
import { Latch, within } from "./latch.ts";
import type { LaunchObserver } from "./launch-observer.ts";
import type { NodeCommand } from "./node-process.ts";
import { type NodeState, SupervisedNode } from "./supervised-node.ts";

export interface ClusterLauncherOptions {
  readonly nodes: readonly { readonly name: string; readonly isDirector: boolean }[];
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
  readonly #nodes: readonly SupervisedNode[];
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
      },
    };
    const ordered = [...options.nodes].sort((a, b) => Number(b.isDirector) - Number(a.isDirector));
    this.#nodes = ordered.map(({ name }) => this.#supervise(name));
  }

  /** Resolves when every node is ready, or the cluster is on its way down before that. */
  async start(): Promise<"ready" | "leaving"> {
    const [director, ...others] = this.#nodes;
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
    for (const node of this.#nodes) node.kill();
    this.drain();
  }

  nodes(): readonly LaunchedNode[] {
    return this.#nodes.map((node) => ({
      name: node.name,
      pid: node.pid ?? null,
      state: node.state,
      restarts: node.restarts,
      url: node.url,
    }));
  }

  #supervise(name: string): SupervisedNode {
    const node: SupervisedNode = new SupervisedNode({
      name,
      command: this.#options.command(name),
      plan: this.#options.plan,
      observer: this.#observer,
      gaveUp: (reason) => {
        this.#loss ??= { node, reason };
        this.drain();
      },
    });
    return node;
  }

  async #startAll(nodes: readonly SupervisedNode[]): Promise<void> {
    for (const node of nodes) node.start();
    const ready = Promise.all(nodes.map((node) => node.firstReady));
    await Promise.race([ready, this.#leaving.opened]);
  }

  async #leave(): Promise<void> {
    const { drainTimeoutMs } = this.#options.plan;
    const deadlineMs = performance.now() + drainTimeoutMs;
    const drained = Promise.all(this.#nodes.map((node) => node.drain(drainTimeoutMs)));
    await within(
      drainTimeoutMs,
      drained.then(() => undefined),
    );
    // A node that hangs may use up its own share of the time only, so that the others still stop.
    const leftMs = Math.max(stopMsMin, deadlineMs - performance.now());
    const shareMs = leftMs / Math.max(1, this.#nodes.length);
    for (const node of [...this.#nodes].reverse()) await node.stop(shareMs);
  }
}
