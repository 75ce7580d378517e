// A folder through the real gateway, queue and store, in this process, with a worker that a test has in
// its hand: what is computed, and how often, when the gateway or the program ends in the middle.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { queueBench } from "../../../actors/queue/queue-bench.ts";
import { freePort } from "../../../sockets/free-port.ts";
import { troupe } from "../terminal-double.ts";

async function placeOf(context: TestContext, pictures: number) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-real-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  for (const name of ["page", "pictures", "out"]) await mkdir(file(name));
  await writeFile(file("page/index.html"), "<title>t</title>");
  await writeFile(file("mask.png"), "mask");
  for (let index = 0; index < pictures; index += 1) {
    await writeFile(file(`pictures/${index}.png`), `picture ${index}`);
  }
  return file;
}

async function clusterOn(context: TestContext, page: string) {
  const bench = await queueBench(context);
  const port = await freePort();
  const args = { cluster: "c", host: "127.0.0.1", port, model: "diffuse", page, sample: null };
  const begin = () => bench.system.spawn(HttpGateway, args, { name: "gateway" });
  let gateway = begin();
  const { url } = await gateway.address();
  bench.system.spawn(NodeRegistryActor, { heartbeatMs: 1_000 }, { name: "registry" });
  while ((await fetch(`${url}/api/v1/tasks?user=nobody`)).status !== 200);
  // As soon as the registry is found it says that no node has a repository of models.
  while ((await fetch(`${url}/api/models`)).status !== 404);
  const restart = async (): Promise<void> => {
    await bench.system.stopActor(gateway);
    gateway = begin();
  };
  const one = await bench.worker("one", { slots: 4 });
  const computed: string[] = [];
  /** Hands back the picture that came in, as done. */
  const end = async (lease: TaskLease): Promise<void> => {
    const text = Buffer.from(lease.inputs[0]?.bytes ?? []).toString();
    computed.push(text);
    const bytes = Buffer.from(`${text}, repaired`);
    await bench.complete("one", lease, [{ name: "image", contentType: "image/png", bytes }]);
  };
  return { ...bench, url, restart, end, computed, next: () => one.next() };
}

test("a gateway that is restarted in the middle costs nothing but time", async (context) => {
  const count = 10;
  const file = await placeOf(context, count);
  const { url, restart, end, computed, next, store } = await clusterOn(context, file("page"));
  const words = ["--mask", file("mask.png"), "--out", file("out"), "--url", url];
  const running = troupe("inpaint", file("pictures"), ...words, "--concurrency", "4");
  for (let done = 0; done < count; done += 1) {
    const lease = await next();
    if (done === 4) await restart();
    await end(lease);
  }
  const { exitCode, err, out } = await running;
  assert.equal(exitCode, 0, err);
  assert.match(out, /\n +10 +10 +0 +0 +0/);
  assert.equal(new Set(computed).size, count);
  assert.equal(computed.length, count, "each was computed once");
  assert.equal((await store.statistics()).total, count);
  for (const name of await readdir(file("out"))) {
    const text = await readFile(file(`out/${name}`), "utf8");
    assert.equal(text, `picture ${path.parse(name).name}, repaired`);
  }
});

test("an interrupted batch goes on where it was, with what the cluster did meanwhile", async (context) => {
  const count = 10;
  const file = await placeOf(context, count);
  const { url, end, computed, next, store } = await clusterOn(context, file("page"));
  const words = ["--mask", file("mask.png"), "--out", file("out"), "--url", url];
  const run = () => troupe("inpaint", file("pictures"), ...words, "--concurrency", "4");
  const first = run();
  for (let done = 0; done < 3; done += 1) await end(await next());
  const underWay = [await next(), await next()];
  process.emit("SIGINT", "SIGINT");
  const { exitCode, err } = await first;
  assert.equal(exitCode, 130, err);
  assert.match(err, /The same command goes on from here/);
  const before = (await readdir(file("out"))).length;
  assert.ok(before <= 3);
  for (const lease of underWay) await end(lease);
  const second = run();
  while (computed.length < count) await end(await next());
  const { exitCode: last, out } = await second;
  assert.equal(last, 0);
  assert.ok(out.includes("PRESENT"));
  assert.equal((await readdir(file("out"))).length, count);
  assert.equal(new Set(computed).size, count, "nothing was computed twice");
  assert.equal((await store.statistics()).total, count);
});
