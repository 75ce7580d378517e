// A file of the right name is whole, and what a killed program left goes away.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { FinishedFiles, isFinished } from "#nodes/cli/batch/finished-file.ts";
import { troupe } from "../terminal-double.ts";
import { StandInGateway } from "./stand-in-gateway.ts";

async function placed(context: TestContext): Promise<(name: string) => string> {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-finished-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return (name) => path.join(folder, name);
}

test("a file comes under its name when it is whole, in folders that are made for it", async (context) => {
  const file = await placed(context);
  const files = new FinishedFiles();
  const a = file("x/y/a.png");
  assert.equal(await isFinished(a), false);
  await Promise.all([
    files.write(a, Buffer.from("a")),
    files.write(file("x/y/b"), Buffer.from("b")),
  ]);
  assert.equal(await isFinished(a), true);
  assert.deepEqual((await readdir(file("x/y"))).sort(), ["a.png", "b"]);
  await files.write(a, Buffer.from("anew"));
  await files.write(file("n".repeat(255)), Buffer.from("n"));
  assert.equal(await readFile(a, "utf8"), "anew");
});

test("parts that nobody can be at work on are swept away, others are not", async (context) => {
  const file = await placed(context);
  const hash = "0123456789abcdef";
  const parts = [`.${hash}.00112233aabb.part`, `.${hash}.bbaa33221100.part`, ".c.part", ".d"];
  for (const part of parts) await writeFile(file(part), "half");
  const before = new Date(Date.now() - 120_000);
  for (const part of [parts[0], ".c.part", ".d"]) await utimes(file(part ?? ""), before, before);
  await new FinishedFiles().write(file("e"), Buffer.from("e"));
  assert.deepEqual((await readdir(file(""))).sort(), [...parts.slice(1), "e"].sort());
});

test("what cannot be written is told, and leaves nothing behind", async (context) => {
  const file = await placed(context);
  const files = new FinishedFiles();
  await writeFile(file("f"), "");
  for (const [name, text] of [
    ["n".repeat(256), /invalid: cannot write .*too long/],
    ["f/g", /unavailable: cannot write/],
  ] as const) {
    await assert.rejects(files.write(file(name), Buffer.from("x")), text);
  }
  assert.deepEqual(await readdir(file("")), ["f"]);
});

test("an answer that breaks off is asked for again, and twins are one task", async (context) => {
  const file = await placed(context);
  await writeFile(file("mask.png"), "mask");
  const folder = file("pictures");
  await new FinishedFiles().write(path.join(folder, "a.png"), Buffer.from("twin"));
  await writeFile(path.join(folder, "b.png"), "twin");
  const gateway = await StandInGateway.start(context);
  let broken = 0;
  gateway.before = (request, response) => {
    if (!request.url?.includes("/files/") || broken === 3) return false;
    broken += 1;
    response.writeHead(200, { "content-length": "100" });
    response.write("half of it", () => request.socket.destroy());
    return true;
  };
  const words = ["--mask", file("mask.png"), "--out", file("out"), "--url", gateway.url];
  const { exitCode, err } = await troupe("inpaint", folder, ...words);
  assert.deepEqual([exitCode, broken, gateway.tasks.size], [0, 3, 1], err);
  assert.deepEqual((await readdir(file("out"))).sort(), ["a.png", "b.png"]);
  assert.equal(await readFile(file("out/b.png"), "utf8"), "repaired");
});
