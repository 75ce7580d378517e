// However large a folder is, the program that takes it through a cluster needs the memory of what is under
// way. Measured on a process, with a gateway that answers at once.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StandInGateway } from "../nodes/cli/batch/stand-in-gateway.ts";
import { CommandProcess } from "./command-process.ts";

const pictureBytes = 65_536;
const MiB = 1024 * 1024;

/** The most that it needed, in MiB. */
async function residentMost(context: TestContext, pictures: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-batch-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "pictures"));
  const bytes = Buffer.alloc(pictureBytes, "x");
  await writeFile(join(folder, "mask.png"), "mask");
  for (let index = 0; index < pictures; index += 1) {
    bytes.writeUInt32LE(index);
    await writeFile(join(folder, "pictures", `${index}.png`), bytes);
  }
  const gateway = await StandInGateway.start(context);
  gateway.keeps = "nothing";
  const result = "r".repeat(pictureBytes);
  gateway.end = () => ({ kind: "repaired", bytes: result });
  const words = ["inpaint", join(folder, "pictures"), "--mask", join(folder, "mask.png")];
  const out = join(folder, "out");
  const command = new CommandProcess(context, [...words, "--out", out, "--url", gateway.url]);
  let most = 0;
  for (let now = await command.residentBytes(); now; now = await command.residentBytes()) {
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await command.ended(), 0, command.errText);
  assert.equal((await readdir(out)).length, pictures);
  context.diagnostic(`${pictures} pictures: ${Math.round(most / MiB)} MiB at most`);
  return most / MiB;
}

test("ten times the pictures need no more memory", { timeout: 240_000 }, async (context) => {
  const few = await residentMost(context, 300);
  const many = await residentMost(context, 3_000);
  // All of them together are 375 MiB, as they are sent and as they come back.
  assert.ok(many < few + 96, `${many} MiB for ten times the pictures of ${few} MiB`);
});
