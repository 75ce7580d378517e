// A single picture with what may be said of its repair.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { StandInGateway } from "./batch/stand-in-gateway.ts";
import { troupe } from "./terminal-double.ts";

test("model and strategy go with a single picture, and a model that nobody offers is refused", async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-one-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [picture, mask, out] = ["a.png", "m.png", "b.png"].map((name) => path.join(folder, name));
  assert.ok(picture && mask && out);
  await writeFile(picture, "picture");
  await writeFile(mask, "mask");
  const gateway = await StandInGateway.start(context);
  let body = "";
  let model: unknown;
  gateway.before = (request, response) => {
    if (request.url !== "/inpaint") return false;
    model = request.headers["x-troupe-model"];
    request.on("data", (piece) => {
      body += String(piece);
    });
    request.on("end", () => response.end("repaired"));
    return true;
  };
  const words = ["inpaint", picture, "--mask", mask, "--out", out, "--url", gateway.url];
  const run = await troupe(...words, "--model", "diffuse", "--strategy", "Original");
  assert.equal(run.exitCode, 0, run.err);
  assert.equal(model, "diffuse");
  assert.match(body, /name="hdStrategy"\r\n\r\nOriginal/);
  const strange = await troupe(...words, "--model", "lama");
  assert.match(strange.err, /no worker offers the model lama; offered are: diffuse/);
});
