// Celery, where its Python package is there: workers and a client of ours in Python, on a Redis whose log
// is synced every second. The client measures; it is told how, and answers one line of JSON a round.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import type { Round } from "../contest.ts";
import { startRedis } from "../stores/redis-server.ts";
import type { CrewTerms, Scope } from "./crew.ts";

/** The first may be one that was installed beside the system's. */
const pythons = ["python3", "/usr/bin/python3"] as const;
const folder = fileURLToPath(new URL("./celery/", import.meta.url));

export interface CeleryPlace {
  readonly version: string;
  readonly python: string;
}

/** Which Python has it, or why it cannot take part. */
export function celeryThere(): CeleryPlace | { readonly reason: string } {
  const script = "import celery, redis; print(celery.__version__)";
  for (const python of pythons) {
    const { status, stdout } = spawnSync(python, ["-c", script], { encoding: "utf8" });
    if (status === 0) return { version: stdout.trim(), python };
  }
  const remedy = "apt-get install python3-celery python3-redis to compare with it";
  return { reason: `neither ${pythons.join(" nor ")} has celery and redis: ${remedy}` };
}

export interface CeleryCrew {
  round(terms: { readonly inFlight: number; readonly ms: number }): Promise<Round>;
}

export async function startCelery(
  scope: Scope,
  { python, workers }: Pick<CrewTerms, "workers"> & CeleryPlace,
): Promise<CeleryCrew> {
  const port = await startRedis("everysec");
  const env = { ...process.env, BENCH_REDIS_PORT: String(port) };
  const started = (args: readonly string[]): ChildProcess => {
    const child = spawn(python, args, { cwd: folder, env, stdio: ["pipe", "pipe", "ignore"] });
    scope.after(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    });
    return child;
  };
  for (let index = 0; index < workers; index += 1) {
    const flags = ["--pool", "solo", "--without-mingle", "--without-gossip", "-n", `w${index}`];
    started(["-m", "celery", "-A", "tasks", "worker", ...flags]).stdout?.resume();
  }
  const client = started(["client.py"]);
  const lines = createInterface({ input: client.stdout ?? process.stdin });
  return {
    async round({ inFlight, ms }) {
      client.stdin?.write(`${JSON.stringify({ inFlight, seconds: ms / 1_000 })}\n`);
      const gone = once(client, "exit").then(() => {
        throw new Failure(
          "unavailable",
          "the client of Celery has ended; start it by hand to see why",
        );
      });
      const [line] = await Promise.race([once(lines, "line"), gone]);
      const round: Round = JSON.parse(String(line));
      return round;
    },
  };
}
