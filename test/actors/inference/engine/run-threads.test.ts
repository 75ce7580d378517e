import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { TensorValue } from "#actors/inference/engine/network.ts";
import { OnnxNetwork } from "#actors/inference/engine/onnx-network.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { Failure } from "#protocols/failure.ts";
import { testFolder } from "./engine-fixture.ts";
import { negativeModel, writeModel } from "./onnx-file.ts";

const folder = await testFolder();
after(() => rm(folder, { recursive: true }));
const negative = join(await writeModel(folder, "negative", negativeModel()), "1/model.onnx");
const diffuse = fileURLToPath(
  new URL("../../../../actors/inference/models/diffuse/1/model.onnx", import.meta.url),
);

const floats = (shape: readonly number[], value: number): TensorValue => ({
  ...{ type: "float32", shape },
  data: new Float32Array(shape.reduce((product, side) => product * side)).fill(value),
});
const feeds = (side: number) => ({
  image: floats([1, 3, side, side], 0.25),
  mask: floats([1, 1, side, side], 1),
});

/** What the built-in model takes. */
const bytes = (shape: readonly number[], value: number): TensorValue => ({
  ...{ type: "uint8", shape },
  data: new Uint8Array(shape.reduce((product, side) => product * side)).fill(value),
});
const byteFeeds = (side: number) => ({
  image: bytes([1, side, side, 3], 64),
  mask: bytes([1, side, side, 1], 255),
});

describe("a run", () => {
  it("leaves the thread free that asks for it", async () => {
    const network = await OnnxNetwork.load(diffuse, RunThreads.start(1));
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    const run = network.run(byteFeeds(512)).finally(() => {
      isDone = true;
    });
    setImmediate(turn);
    await run;
    // Two or three where the run is on this thread.
    assert.ok(turns > 20, `${turns} turns`);
    await network.close();
  });

  it("takes the arrays, but not those that are parts of larger ones", async () => {
    const network = await OnnxNetwork.load(negative, RunThreads.start(1));
    const { image, mask } = feeds(8);
    const part = { ...mask, data: new Float32Array(2 * mask.data.length).subarray(0, 64) };
    const { output } = await network.run({ image, mask: part });
    assert.deepEqual([output?.shape, output?.data.length], [[1, 3, 8, 8], 192]);
    assert.deepEqual([image.data.length, part.data.length], [0, 64]);
    await network.close();
  });

  it("of a network that fails fails alone", async () => {
    const threads = RunThreads.start(1);
    const network = await OnnxNetwork.load(negative, threads);
    const wrong = network.run({ image: floats([1, 3, 8, 8], 0) });
    const right = network.run(feeds(8));
    await assert.rejects(
      wrong,
      (why) => why instanceof Failure && /^it could not be run: .*mask/.test(why.detail),
    );
    assert.equal((await right).output?.data.length, 192);
    await assert.rejects(
      OnnxNetwork.load(join(folder, "none.onnx"), threads),
      /could not be loaded/,
    );
    await network.close();
    await assert.rejects(network.run(feeds(8)), /it is closed/);
  });
});

describe("the threads", () => {
  it("run one network at a time, in the order asked", async () => {
    const threads = RunThreads.start(1);
    const slow = await OnnxNetwork.load(diffuse, threads);
    const quick = await OnnxNetwork.load(negative, threads);
    const ended: string[] = [];
    await Promise.all([
      slow.run(byteFeeds(256)).then(() => ended.push("slow")),
      quick.run(feeds(8)).then(() => ended.push("quick")),
    ]);
    assert.deepEqual(ended, ["slow", "quick"]);
    assert.equal(threads.isBusy, false);
  });

  it("act between runs: at once when idle, else after the run and before its answer is told", async () => {
    const threads = RunThreads.start(1);
    const network = await OnnxNetwork.load(negative, threads);
    const seen: string[] = [];
    threads.betweenRuns(() => seen.push("at once"));
    assert.deepEqual(seen, ["at once"]);
    const run = network.run(feeds(8)).then(() => seen.push("answer"));
    // The run has been asked for by now.
    assert.equal(threads.isBusy, true);
    threads.betweenRuns(() => seen.push("between"));
    await run;
    assert.deepEqual(seen, ["at once", "between", "answer"]);
  });

  it("do not keep a process alive, used or not", () => {
    const module = new URL("../../../../actors/inference/engine/run-threads.ts", import.meta.url);
    const program = `import { RunThreads } from ${JSON.stringify(module.href)};
      const unused = RunThreads.start(1);
      const threads = RunThreads.start(1);
      await threads.load(${JSON.stringify(negative)});
      console.log(threads.onnxruntimeVersion);`;
    const loader = import.meta.resolve("#runtime/host/typescript-loader.mjs");
    const args = ["--import", loader, "--input-type=module", "--eval", program];
    const { stdout, status } = spawnSync(process.execPath, args, {
      ...{ encoding: "utf8", timeout: 60_000 },
      env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    });
    assert.match(stdout, /^1\.\d+\.\d+\n$/);
    assert.equal(status, 0);
  });
});
