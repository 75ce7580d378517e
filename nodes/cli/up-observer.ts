// Shows what the launcher does: as lines and a progress line for people, as JSON lines for programs.
import { performance } from "node:perf_hooks";
import type { ClusterEnd, LaunchedNode } from "../launch/cluster-launcher.ts";
import type { LaunchEvent, LaunchObserver } from "../launch/launch-observer.ts";
import type { CommandIo } from "./command-io.ts";
import { formatDuration } from "./figures.ts";
import { formatBar, ProgressLine } from "./progress-line.ts";
import { describeRepair } from "./repair-report.ts";
import type { RepairedSample } from "./sample.ts";
import { formatTable } from "./table.ts";

export interface UpObserverOptions {
  readonly io: CommandIo;
  readonly format: "text" | "json";
  /** Nodes that are started with the cluster, for the progress. */
  readonly nodeCount: number;
}

export class UpObserver implements LaunchObserver {
  readonly #options: UpObserverOptions;
  readonly #progress: ProgressLine;
  readonly #ready = new Set<string>();
  readonly #startedMs = performance.now();
  #isStarting = true;

  constructor(options: UpObserverOptions) {
    this.#options = options;
    this.#progress = new ProgressLine(options.io);
  }

  observe(event: LaunchEvent): void {
    if (event.kind === "log") {
      this.#progress.print(`[${event.node}] ${event.line}`);
      return;
    }
    if (event.kind === "ready") this.#ready.add(event.node);
    if (event.kind === "exited") this.#ready.delete(event.node);
    if (this.#options.format === "json") this.#json(event);
    else this.#progress.print(describeEvent(event));
    this.#showProgress();
  }

  /** Every node is ready. */
  started(nodes: readonly LaunchedNode[]): void {
    this.#isStarting = false;
    this.#progress.show("");
    const ms = Math.round(performance.now() - this.#startedMs);
    const url = nodes.find((node) => node.url !== null)?.url ?? null;
    if (this.#options.format === "json") {
      this.#json({ kind: "cluster-ready", ms, url, nodes });
      return;
    }
    const heads = ["NODE", "STATE", "PID", "URL"];
    const rows = nodes.map(({ name, state, pid, url: nodeUrl }) => [
      name,
      state,
      pid ?? "-",
      nodeUrl ?? "",
    ]);
    const page = url === null ? "" : `\nOpen ${url} in a browser. Ctrl-C ends the cluster.`;
    const table = formatTable(heads, rows);
    this.#options.io.out(`\nready after ${formatDuration(ms)}\n${table}\n${page}\n`);
  }

  repairing(): void {
    this.#progress.show("repairing the sample");
  }

  repaired(sample: RepairedSample): void {
    this.#progress.show("");
    const { file, repaired } = sample;
    if (this.#options.format === "json") {
      this.#json({ kind: "sample", file, ...repaired.figures });
      return;
    }
    this.#options.io.out(`\nsample: ${describeRepair(repaired)}\n        ${file}\n`);
  }

  say(line: string): void {
    this.#progress.print(line);
  }

  ended(end: ClusterEnd): void {
    this.#progress.show("");
    if (this.#options.format === "json") {
      this.#json({ ...end, kind: "cluster-ended", how: end.kind });
    } else if (end.kind === "gave-up") {
      const lines = end.lines.map((line) => `  | ${line}`).join("\n");
      this.#progress.print(
        `troupe: gave up on ${end.node}: ${end.reason}. Its last lines:\n${lines}`,
      );
    } else {
      const killed = end.killed.length === 0 ? "" : `; had to kill ${end.killed.join(", ")}`;
      this.#progress.print(`the cluster has ended${killed}`);
    }
  }

  #showProgress(): void {
    if (!this.#isStarting || this.#options.format === "json") return;
    const bar = formatBar(this.#ready.size, this.#options.nodeCount);
    this.#progress.show(`starting ${bar} ${[...this.#ready].join(" ")}`);
  }

  #json(value: unknown): void {
    this.#options.io.out(`${JSON.stringify(value)}\n`);
  }
}

type OwnEvent = Exclude<LaunchEvent, { readonly kind: "log" }>;

function describeEvent(event: OwnEvent): string {
  switch (event.kind) {
    case "started":
      return `${event.node} starts as process ${event.pid}`;
    case "ready":
      return event.url === null
        ? `${event.node} is ready`
        : `${event.node} is ready at ${event.url}`;
    case "exited":
      return `${event.node} ended: ${event.reason}`;
    case "restarting":
      return `${event.node} starts again in ${event.delayMs} ms (restart ${event.attempt})`;
    case "gave-up":
      return `${event.node} is given up`;
    case "scaled":
      return `${event.group}: ${event.from} to ${event.to} nodes: ${event.reason}`;
    case "draining":
      return "ending the cluster: nothing new is taken, what is in flight is finished";
    case "drained":
      return `${event.node} has drained`;
    case "stopped":
      return `${event.node} has stopped`;
    case "killed":
      return `${event.node} did not end and is killed`;
    default:
      return event satisfies never;
  }
}
