// A gateway over a queue and a store on disk, called over its socket.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import { queueBench } from "../queue/queue-bench.ts";

export type Answer = Record<string, unknown>;

const refusals = Compile(
  Type.Object({ error: Type.Object({ code: Type.String(), detail: Type.String() }) }),
);

export async function apiOn(context: TestContext, queues: readonly QueuePlan[] = []) {
  const page = await mkdtemp(join(tmpdir(), "troupe-api-"));
  context.after(() => rm(page, { recursive: true, force: true }));
  await writeFile(join(page, "index.html"), "<title>t</title>");
  const bench = await queueBench(context, queues);
  const args = { cluster: "c", host: "127.0.0.1", port: 0, model: "diffuse", page, sample: null };
  const gateway = bench.system.spawn(HttpGateway, args, { name: "gateway" });
  const url = (await gateway.address()).url;
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    const answer: Answer = isJson ? JSON.parse(text) : { text };
    // What is refused, too, is read by its text.
    const body = refusals.Check(answer) ? { ...answer, text: answer.error.detail } : answer;
    return { status: response.status, headers: response.headers, body };
  };
  let posts = 0;
  /** Under a key of its own, since this system knows no chance. */
  const post = (task: unknown, headers: Record<string, string> = {}) => {
    const body = typeof task === "string" ? task : JSON.stringify(task);
    posts += 1;
    const key = body.includes("idempotencyKey") ? {} : { "idempotency-key": `post ${posts}` };
    const own = { "content-type": "application/json", ...key, ...headers };
    return call("/api/v1/tasks", { method: "POST", body, headers: own });
  };
  while ((await call("/api/v1/tasks?user=nobody")).status !== 200);
  return { ...bench, gateway, call, post };
}
