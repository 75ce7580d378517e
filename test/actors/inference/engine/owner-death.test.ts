import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  greyMask,
  picture,
  processFacts,
  processorMs,
  testFolder,
  until,
} from "./engine-fixture.ts";
import { endlessModel, writeModel } from "./onnx-file.ts";

const ownerFile = fileURLToPath(new URL("./owner.ts", import.meta.url));

/** Starts an owner with its own folder for temporary files; hands over the engine, then kills it. */
async function killOwner(
  args: (folder: string) => Promise<readonly string[]>,
  beforeKill: (enginePid: number) => Promise<void>,
): Promise<void> {
  const folder = await testFolder();
  const temporary = join(folder, "temporary");
  await mkdir(temporary);
  const model = await writeModel(folder, "endless", endlessModel());
  const owner = spawn(
    process.execPath,
    [
      "--import",
      "#runtime/host/typescript-loader.mjs",
      ownerFile,
      model,
      "endless",
      ...(await args(folder)),
    ],
    { env: { ...process.env, TMPDIR: temporary }, stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const died = once(owner.stdout, "close").then(() => assert.fail("the owner ended by itself"));
    const [line] = await Promise.race([once(owner.stdout, "data"), died]);
    const enginePid = Number(String(line));
    assert.notEqual(await processFacts(enginePid), undefined);
    await beforeKill(enginePid);
    owner.kill("SIGKILL");
    await until(async () => (await processFacts(enginePid)) === undefined);
    // The TypeScript loader keeps its cache.
    const left = (await readdir(temporary)).filter((name) => !name.startsWith("tsx-"));
    assert.deepEqual(left, [], "neither its working folder nor a log is left");
  } finally {
    owner.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

it("an idle engine ends with its owner", () =>
  killOwner(
    async () => [],
    async () => undefined,
  ));

it("an engine whose model run never ends, ends with its owner", () =>
  killOwner(
    async (folder) => {
      const image = join(folder, "image.png");
      const mask = join(folder, "mask.png");
      await writeFile(
        image,
        await picture(8, 8, 3, new Uint8Array(192).fill(255)).png().toBuffer(),
      );
      await writeFile(mask, await greyMask(8, 8, 255));
      return [image, mask];
    },
    async (enginePid) => {
      const before = await processorMs(enginePid);
      await until(async () => (await processorMs(enginePid)) > before + 300);
    },
  ));
