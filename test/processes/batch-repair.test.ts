// Folders of pictures through a cluster of real processes, with the program that sends them killed, the
// gateway killed, and files among them that are none.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { ClusterProcess } from "./cluster-process.ts";
import { CommandProcess } from "./command-process.ts";

const topologyAt = ({ http, control }: { readonly http: number; readonly control: number }) => `
cluster: batch
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control] }
  - { name: gateway, bind: "tcp://127.0.0.1:*", roles: [gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 2, threads: 1 } }
`;

const width = 96;
const height = 64;

const canvas = (background: string, size = { width, height }) =>
  sharp({ create: { ...size, channels: 3, background } });

/** Pictures that differ, so that each is a task of its own, and one mask for all. */
async function folderOf(context: TestContext, count: number) {
  const folder = await mkdtemp(join(tmpdir(), "troupe-batch-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => join(folder, name);
  await mkdir(file("pictures"));
  const hole = { input: await canvas("white", { width: 20, height: 20 }).png().toBuffer() };
  await canvas("black")
    .composite([{ ...hole, left: 30, top: 20 }])
    .png()
    .toFile(file("mask.png"));
  for (let index = 0; index < count; index += 1) {
    const picture = canvas(`rgb(${4 * index},${255 - 4 * index},90)`);
    await picture.jpeg().toFile(file(`pictures/${String(index).padStart(3, "0")}.jpg`));
  }
  return { file };
}

interface Line {
  readonly status?: string;
  readonly picture?: string;
  readonly code?: string;
  readonly summary?: Readonly<Record<string, unknown>>;
}

const told = ({ lines }: CommandProcess): readonly Line[] =>
  lines.map((line): Line => JSON.parse(line));

const states = ["scheduled", "pending", "running", "completed", "failed", "cancelled"] as const;
const Status = Compile(Type.Object({ queue: Type.Record(Type.Enum(states), Type.Integer()) }));

async function submittedTo({ url }: ClusterProcess): Promise<number> {
  const status: unknown = await (await fetch(`${url}/api/status`)).json();
  assert.ok(Status.Check(status), JSON.stringify(status));
  return states.reduce((sum, state) => sum + status.queue[state], 0);
}

/** As a minute later, when nobody can be at work on them. */
async function agePartsIn(folder: string): Promise<void> {
  const parts = (await readdir(folder)).filter((name) => name.endsWith(".part"));
  for (const part of parts) await utimes(join(folder, part), 0, 0);
}

async function assertWhole(folder: string, count: number): Promise<void> {
  const names = await readdir(folder);
  assert.deepEqual(
    names.filter((name) => !name.endsWith(".jpg")),
    [],
    "nothing half is left",
  );
  assert.equal(names.length, count);
  for (const name of names) {
    const { format, width: wide } = await sharp(await readFile(join(folder, name))).metadata();
    assert.deepEqual([format, wide], ["jpeg", width], name);
  }
}

test("a batch survives the end of its program and of the gateway, and nothing is computed twice", {
  timeout: 240_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1, topology: topologyAt });
  const count = 60;
  const { file } = await folderOf(context, count);
  const words = ["inpaint", file("pictures"), "--mask", file("mask.png"), "--out", file("out")];
  const batch = (): CommandProcess =>
    new CommandProcess(context, [...words, "--url", cluster.url, "--json", "--concurrency", "6"]);

  const killed = batch();
  await killed.printed(5);
  await killed.kill("SIGKILL");
  const before = (await readdir(file("out"))).filter((name) => name.endsWith(".jpg")).length;
  assert.ok(before >= 5 && before < count, `${before} were done when it was killed`);

  const interrupted = batch();
  await interrupted.printed(before + 10);
  assert.equal(await interrupted.kill("SIGINT"), 130, interrupted.errText);
  assert.match(interrupted.errText, /The same command goes on from here/);
  const middle = (await readdir(file("out"))).filter((name) => name.endsWith(".jpg")).length;
  assert.ok(middle > before && middle < count, `${middle} were done when it was interrupted`);

  await agePartsIn(file("out"));
  const last = batch();
  await last.printed(middle + 3);
  await cluster.kill("gateway");
  assert.equal(await last.ended(), 0, last.errText);
  assert.match(last.errText, /waiting for the cluster: [\s\S]*the cluster answers again/);
  const { summary } = told(last).at(-1) ?? {};
  assert.deepEqual(
    [summary?.present, summary?.repaired, summary?.failed],
    [middle, count - middle, 0],
  );
  await assertWhole(file("out"), count);
  assert.equal(await submittedTo(cluster), count, "one task for each picture, over three runs");
});

test("bad files among good ones are told one by one, and mended ones are done by the same command", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const { file } = await folderOf(context, 4);
  await mkdir(file("masks"));
  const mask = await readFile(file("mask.png"));
  for (const name of ["000", "001", "text", "cut", "large", "turned"]) {
    await writeFile(file(`masks/${name}.png`), mask);
  }
  const good = await readFile(file("pictures/000.jpg"));
  await writeFile(file("masks/002.png"), mask.subarray(0, 60));
  await writeFile(file("pictures/text.png"), "this is no picture");
  await writeFile(file("pictures/cut.jpg"), good.subarray(0, good.byteLength / 2));
  const large = { width: 2 * width, height: 2 * height };
  await canvas("red", large).png().toFile(file("pictures/large.png"));
  const lying = canvas("blue", { width: height, height: width }).withMetadata({ orientation: 6 });
  await lying.jpeg().toFile(file("pictures/turned.jpg"));
  const words = ["inpaint", file("pictures"), "--out", file("out"), "--url", cluster.url, "--json"];
  const run = async (...more: readonly string[]) => {
    const command = new CommandProcess(context, [...words, ...more]);
    const exitCode = await command.ended();
    const codes = told(command).flatMap(({ status, picture, code }) =>
      status === "failed" ? [[picture ?? "", code ?? ""] as const] : [],
    );
    return { exitCode, err: command.errText, codes: new Map(codes) };
  };
  const first = await run("--mask", file("masks"));
  assert.equal(first.exitCode, 4, first.err);
  assert.deepEqual([...first.codes].sort(), [
    ["002.jpg", "bad_image"],
    ["003.jpg", "no_mask"],
    ["cut.jpg", "bad_image"],
    ["large.png", "size_mismatch"],
    ["text.png", "bad_image"],
  ]);
  assert.deepEqual((await readdir(file("out"))).sort(), ["000.jpg", "001.jpg", "turned.jpg"]);
  await writeFile(file("masks/002.png"), mask);
  await writeFile(file("masks/003.png"), mask);
  await writeFile(file("pictures/cut.jpg"), good);
  const second = await run("--mask", file("masks"), "--fit-mask");
  assert.deepEqual([...second.codes.keys()], ["text.png"], second.err);
  const { width: wide } = await sharp(await readFile(file("out/large.png"))).metadata();
  assert.equal(wide, large.width);
});
