// A cluster whose tasks are in Redis, from its topology on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisProcess } from "../runtime/cluster/directory/redis-process.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

test("a cluster keeps its tasks in Redis: the control node and Redis are killed, the task completes", {
  timeout: 120_000,
}, async (context) => {
  const redis = await RedisProcess.start({ appendfsync: "always" });
  context.after(() => redis.end());
  const store = `{ kind: redis, url: "redis://127.0.0.1:${redis.port}", folder: own }`;
  const cluster = await ClusterProcess.start(context, { workers: 1, store });
  const picture = await pictureOf(320);
  process.kill(cluster.pidOf("worker-1"), "SIGSTOP");
  const submitted = await fetch(`${cluster.url}/inpaint`, {
    method: "POST",
    body: formOf(picture),
    headers: { prefer: "respond-async" },
  });
  assert.equal(submitted.status, 202);
  const { taskId } = (await submitted.json()) as { taskId: string };
  await cluster.kill("control");
  await redis.kill();
  await redis.startAgain();
  process.kill(cluster.pidOf("worker-1"), "SIGCONT");
  const result = await resultOf(`${cluster.url}/api/tasks/${taskId}/result`);
  assert.equal(result.status, 200);
  assert.equal(result.headers.get("content-type"), "image/png");
  assert.equal(await cluster.interrupt(), 0);
});

/** Asks until the gateway is back and the task has ended. */
async function resultOf(url: string): Promise<Response> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response && response.status !== 202 && response.status !== 503) return response;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
