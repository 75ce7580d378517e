// Finds a Redis server on this machine, and runs one for one trial: an empty folder, a free port, the
// same settings for whoever is measured.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { freePort } from "../../test/sockets/free-port.ts";

const program = "redis-server";
const readyMsMax = 10_000;

/** When what was written is on the disk: before it is acknowledged, or within a second. */
export type RedisSync = "always" | "everysec";

/** Its version, or why there is none. */
export function redisServer(): { readonly version: string } | { readonly reason: string } {
  const { error, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const [, version] = /v=([\d.]+)/.exec(stdout ?? "") ?? [];
  if (version !== undefined) return { version };
  const seen = error?.message ?? `it said ${JSON.stringify(stdout)}`;
  return { reason: `no ${program} (${seen}): apt-get install ${program} to compare with it` };
}

/** Starts one; answers its port. It ends with this process, and its folder with it. */
export async function startRedis(sync: RedisSync): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "troupe-bench-redis-"));
  const port = await freePort();
  const settings = {
    ...{ port, bind: "127.0.0.1", dir: folder, save: "" },
    ...{ appendonly: "yes", appendfsync: sync, "maxmemory-policy": "noeviction" },
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, args, { stdio: "ignore" });
  process.once("exit", () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  await ready(child, port);
  // Else this process would wait for it, as it waits for this process.
  child.unref();
  return port;
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  const endsAt = performance.now() + readyMsMax;
  while (!(await isAnswering(port))) {
    if (child.exitCode === null && performance.now() < endsAt) continue;
    throw new Failure("unavailable", `${program} does not answer at port ${port}; look at its log`);
  }
}

function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once("data", (data) => {
      resolve(data.toString().startsWith("+PONG"));
      socket.destroy();
    });
    socket.once("error", () => setTimeout(resolve, 10, false));
    socket.once("close", () => resolve(false));
  });
}
