// What a network runs on: chosen among what a build offers, and against the build that is installed.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  onDevice,
  type Provider,
  providersOffered,
} from "#actors/inference/engine/device-choice.ts";
import { OnnxNetwork } from "#actors/inference/engine/onnx-network.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { Failure } from "#protocols/failure.ts";
import { negativeModel } from "./onnx-file.ts";

const offers = (...names: string[]) => names.map((name) => ({ name, bundled: name === "cpu" }));

function loading(works: readonly Provider[]) {
  const tried: Provider[] = [];
  const load = async (provider: Provider): Promise<Provider> => {
    tried.push(provider);
    if (works.includes(provider)) return provider;
    throw new Failure("model_failed", `no library of ${provider}`);
  };
  return { tried, load };
}

describe("a device", () => {
  it("is processors where nothing is wished, and nothing else is tried", async () => {
    const { tried, load } = loading(["cpu", "cuda"]);
    const { use } = await onDevice("cpu", load, offers("cpu", "cuda"));
    assert.deepEqual([use, tried], [{ device: "cpu", reason: "" }, ["cpu"]]);
  });

  it("is the first graphics provider that loads", async () => {
    for (const wish of ["gpu", "auto"] as const) {
      const { tried, load } = loading(["cpu", "dml"]);
      const { use } = await onDevice(wish, load, offers("cpu", "dml", "cuda", "webgpu"));
      assert.deepEqual([use.device, tried], ["dml", ["cuda", "dml"]]);
    }
  });

  it("falls back to processors where that is wished, and tells why", async () => {
    const { load } = loading(["cpu"]);
    const { use } = await onDevice("auto", load, offers("cpu", "cuda"));
    assert.equal(use.device, "cpu");
    assert.match(use.reason, /offers cpu, cuda \(not bundled\); cuda: no library of cuda$/);
  });

  it("is refused where it has to be one and is none, with what the build offers", async () => {
    const { tried, load } = loading(["cpu"]);
    await assert.rejects(onDevice("gpu", load, offers("cpu", "webgpu")), {
      code: "model_failed",
      detail:
        "device gpu cannot be used: this build of onnxruntime-node offers cpu, webgpu (not bundled): install its libraries and driver, or set device to auto or cpu",
    });
    assert.deepEqual(tried, []);
  });

  it("says what is wrong with the model where processors do not load it either", async () => {
    const { load } = loading([]);
    await assert.rejects(onDevice("auto", load, offers("cpu")), { detail: "no library of cpu" });
  });
});

it("the installed build is asked and tried: auto runs in any case, gpu only where one is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-device-"));
  try {
    const file = join(folder, "model.onnx");
    await writeFile(file, negativeModel());
    const offered = providersOffered();
    assert.ok(offered.some(({ name }) => name === "cpu"));
    const load = (provider: Provider) => OnnxNetwork.load(file, RunThreads.start(1), { provider });
    const { value, use } = await onDevice("auto", load);
    assert.deepEqual(
      value.inputs.map(({ name }) => name),
      ["image", "mask"],
    );
    await value.close();
    if (use.device !== "cpu") return;
    for (const { name } of offered) assert.ok(use.reason.includes(name), use.reason);
    await assert.rejects(onDevice("gpu", load), (why) => {
      const { code, detail } = Failure.of(why);
      return code === "model_failed" && offered.every(({ name }) => detail.includes(name));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
