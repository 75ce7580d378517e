// Models that nobody should trust: each is refused or ended with a reason, and the one beside it goes on.
import assert from "node:assert/strict";
import { link, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { manifestFor } from "#actors/inference/repository/version-files.ts";
import { refusal } from "../engine/engine-fixture.ts";
import {
  endlessModel,
  memoryBomb,
  modelConfig,
  modelReading,
  negativeModel,
  writeModel,
} from "../engine/onnx-file.ts";
import { greyImage, openRealRepository, whiteImage } from "./real-repository.ts";

const declaring = (inputs: object): object => ({ ...modelConfig, inputs });
const { image, mask } = modelConfig.inputs;

interface Case {
  readonly name: string;
  readonly file: Uint8Array;
  readonly config?: object;
  readonly reason: RegExp;
}

const unloadable: readonly Case[] = [
  { name: "rubbish", file: Buffer.from("rubbish"), reason: /could not be loaded from/ },
  { name: "empty", file: new Uint8Array(), reason: /could not be loaded from/ },
  {
    name: "cut",
    file: negativeModel().subarray(0, 80),
    reason: /could not be loaded from/,
  },
  { name: "upwards", file: modelReading("../../secret"), reason: /could not be loaded from/ },
  { name: "absolute", file: modelReading("/etc/hostname"), reason: /could not be loaded from/ },
  { name: "endless", file: endlessModel(0.2), reason: /not ready within 12000 ms and was killed/ },
  { name: "hungry", file: memoryBomb(600_000_000), reason: /bytes of memory, at most 1000000000/ },
  {
    name: "modest",
    file: memoryBomb(200_000_000),
    config: { ...modelConfig, memoryBytesMax: 400_000_000 },
    reason: /bytes of memory, at most 400000000 are its/,
  },
  { name: "starving", file: memoryBomb(2 ** 40), reason: /could not be run/ },
  {
    name: "declared",
    file: negativeModel(),
    config: declaring({ image: { ...image, element: "uint8", shape: [1, 3, "h", "w"] }, mask }),
    reason: /input image as uint8 \[1, 3, h, w\], but the file has float32 \[1, 3, height, width\]/,
  },
];

describe("what cannot be loaded says why, and the model beside it works", () => {
  for (const { name, file, config = modelConfig, reason } of unloadable) {
    it(name, { timeout: 90_000 }, async () => {
      const startTimeoutMs = name === "endless" ? 12_000 : 60_000;
      const fill = async (root: string): Promise<void> => {
        await writeFile(join(root, "secret"), "1234");
        await writeModel(root, name, file, config);
        await writeModel(root, "negative", negativeModel());
      };
      const bounds = { startTimeoutMs, memoryBytesMax: 1_000_000_000 };
      const repository = await openRealRepository(fill, bounds);
      try {
        const index = await repository.index();
        const told = index.find((entry) => entry.startsWith(`${name} 1 UNAVAILABLE: `));
        assert.match(told ?? index.join("\n"), reason);
        assert.equal((await repository.repair("negative")).width, 8, name);
        await refusal("unavailable", repository.repair(name));
      } finally {
        await repository.stop();
      }
    });
  }
});

it("what a manifest does not name cannot be read, by whatever link it is there", async () => {
  const repository = await openRealRepository(async (root) => {
    const folder = await writeModel(root, "linked", modelReading("weights.bin"));
    const place = join(folder, "1");
    const files = await manifestFor(place);
    await writeFile(join(place, "manifest.json"), JSON.stringify({ files }));
    await writeFile(join(root, "secret"), "1234");
    await link(join(root, "secret"), join(place, "weights.bin"));
  });
  try {
    assert.match((await repository.index()).join(), /weights\.bin is not in the manifest/);
  } finally {
    await repository.stop();
  }
});

it("a run that does not end is killed, and the next request works", {
  timeout: 60_000,
}, async () => {
  const repository = await openRealRepository(
    (root) => writeModel(root, "endless", endlessModel()),
    { runTimeoutMs: 3_000 },
  );
  try {
    await refusal("timeout", repository.repair("endless", whiteImage));
    assert.equal((await repository.repair("endless", greyImage)).width, 8);
    const [told] = await repository.models.statistics({ name: "endless" });
    assert.deepEqual([told?.success.count, told?.fail.count], [1, 1]);
  } finally {
    await repository.stop();
  }
});
