// A whole cluster for a test or a benchmark: `troupe up` on a topology of its own, in a folder of its own, on free
// ports; ended with everything it started when it is over.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "../sockets/free-port.ts";

const troupe = fileURLToPath(new URL("../../nodes/troupe.mjs", import.meta.url));

export interface LaunchLine {
  readonly kind: string;
  readonly node?: string;
  readonly pid?: number;
  readonly url?: string | null;
}

/** Where the end is put down: a test's context, or whoever else ends what it began. */
export interface Scope {
  after(end: () => Promise<void>): void;
}

export interface ClusterOptions {
  readonly workers: number;
  readonly slots?: number;
  /** The topology's `observation`, in YAML. */
  readonly observation?: string;
  /** The topology's `membership`, in YAML. */
  readonly membership?: string;
  /** The topology's `security`, in YAML. */
  readonly security?: string;
  /** The topology's `store`, in YAML. Default: a SQLite file. */
  readonly store?: string;
  /** Who may issue control commands. Default: actors only. */
  readonly control?: "machine" | "keys";
  /** The whole topology instead, at these ports. */
  readonly topology?: (ports: { readonly http: number; readonly control: number }) => string;
  /** Hears each line of the launcher. */
  readonly heard?: (line: LaunchLine) => unknown;
}

export class ClusterProcess {
  readonly folder: string;
  readonly url: string;
  /** Where control commands are taken, if `control` is given. */
  readonly controlAddress: string;
  /** Where the director's links listen. */
  readonly directorAddress: string;
  readonly #launcher: ChildProcess;
  readonly #lines: LaunchLine[] = [];
  readonly #log: string[] = [];
  #heard: () => void = () => {};

  private constructor(
    { folder, ports }: { readonly folder: string; readonly ports: Ports },
    launcher: ChildProcess,
    heard: (line: LaunchLine) => unknown,
  ) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${ports.http}`;
    this.controlAddress = `tcp://127.0.0.1:${ports.commands}`;
    this.directorAddress = `tcp://127.0.0.1:${ports.director}`;
    this.#launcher = launcher;
    const read = (stream: NodeJS.ReadableStream | null, take: (line: string) => void): void => {
      if (stream) createInterface({ input: stream }).on("line", take);
    };
    read(launcher.stdout, (line) => {
      const told: LaunchLine = JSON.parse(line);
      this.#lines.push(told);
      heard(told);
      this.#heard();
    });
    read(launcher.stderr, (line) => {
      this.#log.push(line);
      this.#heard();
    });
    launcher.once("exit", () => this.#heard());
  }

  /** Starts it and waits until all nodes are ready. */
  static async start(scope: Scope, options: ClusterOptions): Promise<ClusterProcess> {
    const folder = await mkdtemp(join(tmpdir(), "troupe-cluster-"));
    const [http, director, commands] = await Promise.all([freePort(), freePort(), freePort()]);
    const ports = { http, director, commands };
    const file = join(folder, "topology.yaml");
    const text = options.topology?.({ http, control: director }) ?? topology(options, ports);
    await writeFile(file, text);
    const launcher = spawn(process.execPath, [troupe, "up", file, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { heard = () => undefined } = options;
    const cluster = new ClusterProcess({ folder, ports }, launcher, heard);
    scope.after(() => cluster.#end());
    await cluster.event((line) => line.kind === "cluster-ready");
    return cluster;
  }

  get databaseFile(): string {
    return join(this.folder, "tasks.sqlite");
  }

  /** What all nodes have logged. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Rejects when the launcher ends, with what was logged last; never resolves. */
  async ended(): Promise<never> {
    const { exitCode, signalCode } = this.#launcher;
    if (exitCode === null && signalCode === null) await once(this.#launcher, "exit");
    throw this.#endedEarly();
  }

  /** Nodes whose process has ended and whose next one is not ready. */
  get down(): readonly string[] {
    const standing = new Map<string, string>();
    for (const { kind, node } of this.#lines) {
      if (node !== undefined && ["ready", "exited"].includes(kind)) standing.set(node, kind);
    }
    return [...standing].filter(([, kind]) => kind === "exited").map(([node]) => node);
  }

  /** Whether the launcher has not seen the end of a node's last process. */
  isRunning(node: string): boolean {
    const last = this.#lines.findLast(
      ({ kind, node: name }) => name === node && ["started", "exited"].includes(kind),
    );
    return last?.kind === "started";
  }

  /** The process of a node as last started. */
  pidOf(node: string): number {
    const line = this.#lines.findLast(
      ({ kind, node: name }) => kind === "started" && name === node,
    );
    if (line?.pid === undefined) throw new Error(`${node} was never started`);
    return line.pid;
  }

  /** Kills a node's process outright; resolves when the launcher has noticed. */
  async kill(node: string): Promise<void> {
    const seen = this.#lines.length;
    process.kill(this.pidOf(node), "SIGKILL");
    await this.event(
      (line, index) => index >= seen && line.kind === "exited" && line.node === node,
    );
  }

  /** Waits for a line of the launcher. */
  event(isIt: (line: LaunchLine, index: number) => boolean): Promise<void> {
    return this.#until(() => this.#lines.some(isIt));
  }

  /** Waits for a line of any node's log. */
  logged(isIt: (line: string) => boolean): Promise<void> {
    return this.#until(() => this.#log.some(isIt));
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#launcher.exitCode !== null || this.#launcher.signalCode !== null) {
        throw this.#endedEarly();
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  #endedEarly(): Error {
    return new Error(`the cluster ended early:\n${this.#log.slice(-30).join("\n")}`);
  }

  /** Ends it as Ctrl-C does; answers the exit code. */
  async interrupt(): Promise<number | null> {
    const { signalCode, exitCode } = this.#launcher;
    if (signalCode === null && exitCode === null) {
      this.#launcher.kill("SIGINT");
      await once(this.#launcher, "exit");
    }
    return this.#launcher.exitCode;
  }

  async #end(): Promise<void> {
    await this.interrupt();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Ports {
  readonly http: number;
  readonly director: number;
  readonly commands: number;
}

const topology = (options: ClusterOptions, ports: Ports): string => `
cluster: test
store: ${options.store ?? "{ kind: sqlite, path: tasks.sqlite }"}
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${ports.http}, model: diffuse }
observation: ${options.observation ?? "{}"}
security: ${options.security ?? "{ mode: plain }"}
membership: ${options.membership ?? "{}"}
${controlOf(options, ports)}nodes:
  - { name: control, bind: "tcp://127.0.0.1:${ports.director}", director: true, roles: [control, gateway] }
  - name: worker
    replicas: ${options.workers}
    bind: tcp://127.0.0.1:*
    roles: [worker]
    settings: { slots: ${options.slots ?? 2}, threads: 1 }
`;

const controlOf = ({ control }: ClusterOptions, { commands }: Ports): string =>
  control === undefined
    ? ""
    : `control: { bind: "tcp://127.0.0.1:${commands}", access: ${control} }\n`;
