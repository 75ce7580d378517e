// A gateway of its own that reads the state from a Redis: when that is away, and when the control node is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { RedisProcess } from "../runtime/cluster/directory/redis-process.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { CommandProcess } from "./command-process.ts";

interface Told {
  readonly source: string;
  readonly isStale: boolean;
  readonly value: { readonly pending: number };
}

async function counts(cluster: ClusterProcess): Promise<Told | undefined> {
  const response = await fetch(`${cluster.url}/api/v1/state/counts`).catch(() => undefined);
  if (response?.status !== 200) return undefined;
  const told: Told = JSON.parse(await response.text());
  return told;
}

/** Asks until it is so; the test's own timeout ends it. */
async function until(
  cluster: ClusterProcess,
  isSo: (told: Told) => boolean,
): Promise<readonly Told[]> {
  const all: Told[] = [];
  for (;;) {
    const told = await counts(cluster);
    if (told) all.push(told);
    if (told && isSo(told)) return all;
    await setTimeout(50);
  }
}

test("a gateway reads from Redis, from the control node while Redis is away, and stale while that is", {
  timeout: 120_000,
}, async (context) => {
  const redis = await RedisProcess.start({ appendonly: "no" });
  context.after(() => redis.end());
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    topology: (ports) => `
cluster: copied
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { port: ${ports.http}, model: diffuse }
state: { mirror: "redis://127.0.0.1:${redis.port}" }
membership: { sessionMs: 60000 }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${ports.control}", director: true, roles: [control] }
  - { name: gateway, bind: "tcp://127.0.0.1:*", roles: [gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 1, threads: 1 } }
`,
  });
  await until(cluster, ({ source }) => source === "redis");
  await redis.kill();
  await until(cluster, ({ source, isStale }) => source === "embedded" && !isStale);
  const status = new CommandProcess(context, ["status", "--url", cluster.url]);
  await status.ended();
  const line = status.lines.find((text) => text.startsWith("state is read")) ?? "";
  assert.match(line, /from the StateManager \(embedded\) since 20.*: Redis is away/);
  await redis.startAgain();
  await until(cluster, ({ source, isStale }) => source === "redis" && !isStale);

  process.kill(cluster.pidOf("control"), "SIGSTOP");
  try {
    await until(cluster, ({ source, isStale }) => source === "redis" && isStale);
  } finally {
    process.kill(cluster.pidOf("control"), "SIGCONT");
  }
  await until(cluster, ({ source, isStale }) => source === "redis" && !isStale);
  assert.equal(await cluster.interrupt(), 0);
});
