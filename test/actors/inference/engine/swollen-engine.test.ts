// What an engine holds when a picture that was much larger than the others has been answered. Linux only: elsewhere
// a process does not tell what it holds alone.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { OnnxNetwork } from "#actors/inference/engine/onnx-network.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import type { RunRequest } from "#actors/inference/engine-request.ts";
import { greyMask, picture, request, testFolder, withEngine } from "./engine-fixture.ts";
import { negativeModel, writeModel } from "./onnx-file.ts";

const skip = existsSync("/proc/self/status") ? false : "there is no /proc";
const MiB = 1024 * 1024;
const builtIn = fileURLToPath(
  new URL("../../../../actors/inference/models/diffuse", import.meta.url),
);
const diffuseAlone = {
  models: [{ name: "diffuse", folder: builtIn }],
  // The large one takes half a minute where several programs share a core.
  runTimeoutMs: 240_000,
};

it("an engine gives back in a pause what one large picture took", { skip }, () =>
  withEngine(diffuseAlone, async ({ engine }) => {
    const { pid } = await engine.ready;
    const small = await repairOf(256);
    await engine.run(small);
    const before = ownBytes(pid);
    await engine.run(await repairOf(2_400));
    const swollen = ownBytes(pid);
    assert.ok(swollen > before + 500 * MiB, `${swollen} after ${before}`);
    for (let looks = 0; looks < 600 && ownBytes(pid) > before + 200 * MiB; looks++)
      await sleep(200);
    const left = ownBytes(pid);
    assert.ok(left < before + 200 * MiB, `${left} after ${swollen}, at first ${before}`);
    assert.equal((await engine.run(small)).files.length, 1);
  }),
);

it("an engine that is never idle gives back what one large picture took", { skip }, () =>
  withEngine(diffuseAlone, async ({ engine }) => {
    const { pid } = await engine.ready;
    const small = await repairOf(256);
    await engine.run(small);
    const before = ownBytes(pid);
    await engine.run(await repairOf(2_400));
    let left = ownBytes(pid);
    for (let runs = 0; runs < 200 && left > before + 200 * MiB; runs++) {
      await engine.run(small);
      left = ownBytes(pid);
    }
    assert.ok(left < before + 200 * MiB, `${left}, at first ${before}`);
  }),
);

describe("a session", async () => {
  const always = { pauseMs: 20, swollenFactor: 0, swollenBytes: 0 };
  const folder = await testFolder();
  after(() => rm(folder, { recursive: true }));

  /** What it answers while and after its session may be begun anew. */
  async function loaded(name: string) {
    await mkdir(join(folder, name));
    const file = join(await writeModel(join(folder, name), name, negativeModel()), "1/model.onnx");
    const threads = RunThreads.start(1, always);
    const network = await OnnxNetwork.load(file, threads);
    await threads.warmed();
    const answer = async () => {
      const shape = { type: "float32", shape: [1, 3, 8, 8] } as const;
      const mask = { type: "float32", shape: [1, 1, 8, 8] } as const;
      const image = { ...shape, data: new Float32Array(192).fill(0.25) };
      return network.run({ image, mask: { ...mask, data: new Float32Array(64).fill(1) } });
    };
    return { file, network, answer };
  }

  it("that is begun anew answers as before, also meanwhile", async () => {
    const { network, answer } = await loaded("same");
    const first = await answer();
    for (let run = 0; run < 20; run++) {
      await sleep(run * 4);
      assert.deepEqual(await answer(), first);
    }
    await network.close();
  });

  it("whose file is another by now, or gone, is kept", async () => {
    const { file, network, answer } = await loaded("other");
    const first = await answer();
    await writeFile(file, "no model");
    await sleep(200);
    assert.deepEqual(await answer(), first);
    await rm(file);
    await sleep(200);
    assert.deepEqual(await answer(), first);
    await network.close();
  });
});

async function repairOf(side: number): Promise<RunRequest> {
  const grey = picture(side, side, 3, new Uint8Array(side * side * 3).fill(90));
  return request(await grey.png().toBuffer(), await greyMask(side, side, 255), {
    model: "diffuse",
  });
}

function ownBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
