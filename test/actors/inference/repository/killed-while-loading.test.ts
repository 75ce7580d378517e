// An engine process that somebody else ends while it loads: the system, for want of memory, or a person.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import { setTimeout as rest } from "node:timers/promises";
import { negativeModel, writeModel } from "../engine/onnx-file.ts";
import { openRealRepository } from "./real-repository.ts";

async function children(): Promise<readonly number[]> {
  const { pid } = process;
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

async function soon<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 3_000; tries++) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await rest(10);
  }
  assert.fail("not within half a minute");
}

/** Those that are begun from now on. */
async function watchedEngines(): Promise<() => Promise<readonly number[]>> {
  const before = await children();
  return async () => (await children()).filter((pid) => !before.includes(pid));
}

it("an engine process that is killed while it loads is started again", {
  timeout: 90_000,
}, async () => {
  const engines = await watchedEngines();
  const opened = openRealRepository((root) => writeModel(root, "negative", negativeModel()));
  const loading = await soon(async () => (await engines())[0]);
  process.kill(loading, "SIGKILL");
  const repository = await opened;
  try {
    const [told = ""] = await repository.index();
    assert.match(told, /UNAVAILABLE: tried once, next at .*: engine process \d+ ended by SIGKILL/);
    assert.deepEqual(await repository.models.awaited(), ["negative"]);
    await soon(async () => {
      const [entry] = await repository.index();
      return entry === "negative 1 READY" ? entry : undefined;
    });
    await repository.repair("negative");
    assert.deepEqual((await engines()).includes(loading), false);
  } finally {
    await repository.stop();
  }
});

it("the end of a process that was killed while it loaded anew is none of those that come after it", {
  timeout: 90_000,
}, async () => {
  const engines = await watchedEngines();
  const repository = await openRealRepository((root) =>
    writeModel(root, "negative", negativeModel()),
  );
  try {
    const killed: number[] = [];
    for (let times = 0; times < 3; times++) {
      const next = await soon(async () => (await engines()).find((pid) => !killed.includes(pid)));
      process.kill(next, "SIGKILL");
      killed.push(next);
    }
    await repository.repair("negative");
    const present = await engines();
    for (let times = 0; times < 10; times++) {
      await rest(100);
      await repository.repair("negative");
      assert.deepEqual(await engines(), present);
    }
  } finally {
    await repository.stop();
  }
});
