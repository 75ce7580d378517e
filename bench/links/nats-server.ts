// Finds a NATS server on this machine, and runs it for one trial.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Failure } from "#protocols/failure.ts";
import { freePort } from "../../test/sockets/free-port.ts";

const program = "nats-server";

/** Its version, or why there is none. */
export function natsServer(): { readonly version: string } | { readonly reason: string } {
  const { error, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const [, version] = /v([\d.]+)/.exec(stdout ?? "") ?? [];
  if (version !== undefined) return { version };
  const seen = error?.message ?? `it said ${JSON.stringify(stdout)}`;
  return { reason: `no ${program} (${seen}): apt-get install ${program} to compare with it` };
}

/** Starts one on a free port of this machine; it ends with this process. */
export async function startNatsServer(): Promise<string> {
  const port = await freePort();
  const args = ["--addr", "127.0.0.1", "--port", String(port)];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL"));
  await ready(child);
  return `nats://127.0.0.1:${port}`;
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (data) => {
      if (said.includes("Server is ready")) return;
      said += data;
      if (said.includes("Server is ready")) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Failure("unavailable", `${program} ended with ${code}: ${said.slice(-400)}`));
    });
  });
}
