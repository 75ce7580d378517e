// Several Redis servers that know of one another: a cluster of three, or a master with a replica and the
// Sentinels that watch them.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { freePort } from "../../../sockets/free-port.ts";

const slotsCount = 16_384;

const patience = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`it did not come to that: ${what}`);
    await patience();
  }
}

/** Three masters that share all slots. */
export async function startCluster(): Promise<readonly RedisProcess[]> {
  const settings = { "cluster-enabled": "yes", appendfsync: "always" };
  const nodes = await Promise.all([1, 2, 3].map(() => RedisProcess.start(settings)));
  const share = Math.ceil(slotsCount / nodes.length);
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    const last = Math.min(slotsCount, (index + 1) * share) - 1;
    await node.command("CLUSTER", "ADDSLOTSRANGE", `${index * share}`, `${last}`);
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", `${index + 1}`);
    if (first && node !== first)
      await node.command("CLUSTER", "MEET", "127.0.0.1", `${first.port}`);
  }
  for (const node of nodes) {
    await until("the cluster is whole", async () => {
      const info = await node.command("CLUSTER", "INFO");
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
    });
  }
  return nodes;
}

export class SentinelProcess {
  readonly port: number;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    const file = join(folder, "sentinel.conf");
    this.#child = spawn("redis-server", [file, "--sentinel"], { stdio: "ignore" });
  }

  /** It alone decides that the master is gone, after half a second. */
  static async watching(masterPort: number, name: string): Promise<SentinelProcess> {
    const folder = await mkdtemp(join(tmpdir(), "troupe-sentinel-"));
    const port = await freePort();
    const lines = [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    await writeFile(join(folder, "sentinel.conf"), `${lines.join("\n")}\n`);
    const sentinel = new SentinelProcess(port, folder);
    await until("the sentinel knows a replica", async () => {
      const said = await sentinel.#ask(`SENTINEL replicas ${name}`).catch(() => "");
      return said.includes("master-link-status") && said.includes("\r\nok\r\n");
    });
    return sentinel;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #ask(words: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write(`${words}\r\n`));
      socket.once("data", (data) => {
        socket.end();
        resolve(data.toString());
      });
      socket.once("error", reject);
    });
  }
}
