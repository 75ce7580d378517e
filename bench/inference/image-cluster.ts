// A cluster of one worker node, as `troupe up` starts it, with what the contests need of it: clients, the
// processes whose memory is looked at, and what the worker says of its event loop.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { Failure } from "#protocols/failure.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import { ClusterProcess } from "../../test/processes/cluster-process.ts";
import { formOf, type Picture } from "../../test/processes/pictures.ts";
import { HttpClient } from "./http-client.ts";

/** What is started is ended by what `after` is told. */
export type Scope = Parameters<typeof ClusterProcess.start>[0];

export interface ImageClusterTerms {
  /** By name: the folder, or `builtin`. */
  readonly models: Readonly<Record<string, string>>;
  /** Tasks that the worker holds; default: the product's. */
  readonly slots?: number;
}

/**
 * Bytes of each process. On Linux those that it alone holds (RssAnon): pages of a file that is mapped count as
 * resident, too, and are the machine's, which takes them back as it likes. Elsewhere all that are resident.
 */
export interface Memory {
  readonly control: number;
  readonly worker: number;
  /** Of all its models. */
  readonly engine: number;
}

/** As often as nodes report. */
const reportMs = 1_000;
const execute = promisify(execFile);

export class ImageCluster {
  readonly #cluster: ClusterProcess;

  private constructor(cluster: ClusterProcess) {
    this.#cluster = cluster;
  }

  /** Resolves when all models are warm. */
  static async start(scope: Scope, terms: ImageClusterTerms): Promise<ImageCluster> {
    const topology = (ports: { readonly http: number; readonly control: number }): string =>
      topologyOf(terms, ports);
    return new ImageCluster(await ClusterProcess.start(scope, { workers: 1, topology }));
  }

  get folder(): string {
    return this.#cluster.folder;
  }

  client(picture: Picture, headers: Readonly<Record<string, string>> = {}): Promise<HttpClient> {
    return HttpClient.of(this.#cluster.url, formOf(picture), headers);
  }

  /** Fails with `unavailable` when one of them is not to be seen. */
  async memory(): Promise<Memory> {
    const { stdout } = await execute("ps", ["-A", "-o", "pid=,ppid=,rss="]);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number));
    const bytesWhere = async (isIt: (pid: number, parent: number) => boolean): Promise<number> => {
      const found = rows.filter(([pid = 0, parent = 0]) => isIt(pid, parent));
      if (found.length === 0) {
        throw new Failure("unavailable", "a process of the cluster is not in the list of ps");
      }
      const bytes = found.map(([pid = 0, , kilobytes = 0]) => ownBytes(pid, kilobytes * 1_024));
      return (await Promise.all(bytes)).reduce((sum, each) => sum + each, 0);
    };
    const [control, worker] = ["control", "worker"].map((node) => this.#cluster.pidOf(node));
    return {
      control: await bytesWhere((pid) => pid === control),
      worker: await bytesWhere((pid) => pid === worker),
      engine: await bytesWhere((_, parent) => parent === worker),
    };
  }

  /** Milliseconds by which the worker's event loop was late in 99 of 100, of each report during the work. */
  async lateness(work: () => Promise<unknown>): Promise<readonly number[]> {
    const latenessMs: number[] = [];
    let isDone = false;
    const done = work().finally(() => {
      isDone = true;
    });
    while (!isDone || latenessMs.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, reportMs));
      const response = await fetch(`${this.#cluster.url}/api/status`);
      const { nodes }: { nodes: readonly NodeView[] } = JSON.parse(await response.text());
      for (const { capabilities, load } of nodes) {
        if (capabilities.models.length > 0 && load) latenessMs.push(load.eventLoopDelayMsP99);
      }
    }
    await done;
    return latenessMs;
  }
}

async function ownBytes(pid: number, residentBytes: number): Promise<number> {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return residentBytes;
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(await readFile(status, "utf8")) ?? [];
  return kilobytes === undefined ? residentBytes : Number(kilobytes) * 1_024;
}

const topologyOf = (
  { models, slots }: ImageClusterTerms,
  { http, control }: { readonly http: number; readonly control: number },
): string =>
  JSON.stringify({
    cluster: "bench",
    store: { kind: "sqlite", path: "tasks.sqlite" },
    models: Object.entries(models).map(([name, path]) => ({ name, path })),
    gateway: { host: "127.0.0.1", port: http, model: Object.keys(models)[0] },
    security: { mode: "plain" },
    nodes: [
      {
        ...{ name: "control", bind: `tcp://127.0.0.1:${control}`, director: true },
        roles: ["control", "gateway"],
      },
      {
        ...{ name: "worker", bind: "tcp://127.0.0.1:*", roles: ["worker"] },
        settings: { threads: 1, ...(slots === undefined ? {} : { slots }) },
      },
    ],
  });
