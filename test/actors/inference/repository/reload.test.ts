// Reloads of real engine processes: no request fails, and the memory comes back.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Failure } from "#protocols/failure.ts";
import { refusal } from "../engine/engine-fixture.ts";
import { negativeModel, writeModel } from "../engine/onnx-file.ts";
import { openRealRepository, type RealRepository } from "./real-repository.ts";

const reloads = Number(process.env.TROUPE_TEST_RELOADS ?? 6);
const settlingRounds = 3;

// What nobody holds any more is no growth, and V8 is in no hurry to give it back by itself.
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Of this process and all below it, in bytes. */
async function residentBytes(pid = process.pid): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const own = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const pids = children.trim().split(" ").filter(Boolean).map(Number);
  const below = await Promise.all(pids.map((child) => residentBytes(child).catch(() => 0)));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

async function residentAfterEach(
  rounds: number,
  work: () => Promise<unknown>,
): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await work();
    collectGarbage();
    sizes.push(await residentBytes());
  }
  return sizes;
}

async function underLoad(
  { repair }: RealRepository,
  work: () => Promise<unknown>,
): Promise<{ readonly answered: number; readonly failures: readonly string[] }> {
  const failures: string[] = [];
  let answered = 0;
  let isDone = false;
  const lane = async (): Promise<void> => {
    while (!isDone) {
      await repair("negative").then(
        () => {
          answered += 1;
        },
        (why: unknown) => failures.push(Failure.of(why).message),
      );
    }
  };
  const lanes = [lane(), lane(), lane()];
  try {
    await work();
  } finally {
    isDone = true;
    await Promise.all(lanes);
  }
  return { answered, failures };
}

it("reloads under load fail no request and leave no memory behind", {
  timeout: 400_000,
}, async (test) => {
  const repository = await openRealRepository((root) =>
    writeModel(root, "negative", negativeModel()),
  );
  try {
    const reload = async (): Promise<number> => {
      const { answered, failures } = await underLoad(repository, () =>
        repository.models.reload("negative"),
      );
      assert.deepEqual(failures, []);
      return answered;
    };
    // The first ones fill what stays filled.
    const before = Math.max(...(await residentAfterEach(settlingRounds, reload)));
    const lateness = monitorEventLoopDelay({ resolution: 1 });
    lateness.enable();
    let count = 0;
    const sizes = await residentAfterEach(reloads, async () => {
      count += await reload();
    });
    lateness.disable();
    // What leaks is in all of the last ones; what a process had not given back yet is not.
    const after = Math.min(...sizes.slice(-settlingRounds));
    const growth = after / before - 1;
    test.diagnostic(`event loop late by ${(lateness.percentile(99) / 1e6).toFixed(1)} ms, p99`);
    test.diagnostic(
      `${reloads} reloads, ${count} requests, ${before} bytes before, ${after} after`,
    );
    assert.ok(growth < 0.05, `it grew by ${(growth * 100).toFixed(1)} %`);
  } finally {
    await repository.stop();
  }
});

it("files that became rubbish leave what was loaded serving, under load too", {
  timeout: 60_000,
}, async () => {
  const repository = await openRealRepository((root) =>
    writeModel(root, "negative", negativeModel()),
  );
  try {
    await writeFile(join(repository.root, "negative", "1", "model.onnx"), "rubbish");
    const { answered, failures } = await underLoad(repository, () =>
      refusal("model_failed", repository.models.reload("negative")),
    );
    assert.deepEqual(failures, []);
    assert.ok(answered > 0);
    const [entry] = await repository.index();
    assert.match(
      entry ?? "",
      /^negative 1 READY: what was loaded before serves on: .*rubbish|loaded/,
    );
  } finally {
    await repository.stop();
  }
});
