// Text is taken out of photographs by a real cluster with the published detector: from the command line, by
// HTTP, one by one and by folder.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import {
  samples,
  samplesOf,
  type WrittenPicture,
  writtenPicture,
} from "../actors/inference/text/written-picture.ts";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";

interface Ports {
  readonly http: number;
  readonly control: number;
}

const topologyWith =
  (models: string) =>
  ({ http, control }: Ports) =>
    `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
repository: { mode: poll, path: ${models}, pollMs: 500 }
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { slots: 2, threads: 1 } }
`;

/** Samples of the answer that differ from the picture where its mask is black. */
async function strayChanges(
  picture: WrittenPicture,
  answer: Uint8Array,
  mask: Uint8Array,
): Promise<number> {
  const [{ data: clean }, { data: holes, info }] = [await samplesOf(answer), await samplesOf(mask)];
  assert.equal(clean.length, picture.after.length);
  let strays = 0;
  for (const [at, sample] of clean.entries()) {
    if (holes[Math.floor(at / 3) * info.channels] !== 255 && sample !== picture.after[at]) {
      strays += 1;
    }
  }
  return strays;
}

/** Of the mask's white, how much is white in the other one, too. Marks in a scene may look like text. */
async function sharedWhite(mask: Uint8Array, other: Uint8Array): Promise<number> {
  const [one, two] = [await samplesOf(mask), await samplesOf(other)];
  let [white, shared] = [0, 0];
  for (const [at, sample] of one.data.entries()) {
    if (sample !== 255) continue;
    white += 1;
    shared += two.data[at] === 255 ? 1 : 0;
  }
  return white === 0 ? 0 : shared / white;
}

test("text is removed", { timeout: 180_000 }, async (context) => {
  const models = await mkdtemp(join(tmpdir(), "troupe-models-"));
  context.after(() => rm(models, { recursive: true, force: true }));
  const topology = topologyWith(models);
  const cluster = await ClusterProcess.start(context, { workers: 1, topology });
  const file = (name: string): string => join(cluster.folder, name);
  const run = (...words: readonly string[]) => troupe(...words, "--url", cluster.url);
  const remove = (name: string, ...words: readonly string[]) =>
    run("remove-text", file(name), ...words);
  const pictures = new Map<string, WrittenPicture>();
  for (const [name, width, lines] of samples) {
    const picture = await writtenPicture(name, width, lines);
    pictures.set(name, picture);
    await writeFile(file(`${name}.png`), picture.file);
  }

  await context.test("a cluster without a detector says how it gets one", async () => {
    const { exitCode, err } = await remove("bridge.png");
    assert.equal(exitCode, 1);
    assert.match(err, /no worker offers the model text-detector; troupe models install/);
  });

  await context.test("a detector that is installed meanwhile is taken up", async () => {
    const words = ["models", "install", "text-detector", "--into", models];
    assert.equal((await troupe(...words)).exitCode, 0);
    const deadline = performance.now() + 30_000;
    let told = "";
    while (!/^text-detector .* READY/m.test(told)) {
      assert.ok(performance.now() < deadline, told);
      await new Promise((resolve) => setTimeout(resolve, 200));
      told = (await run("models")).out;
    }
  });

  for (const [name, picture] of pictures) {
    await context.test(`${name}: the writing is gone, and all around it is as it was`, async () => {
      const words = ["--out", file(`clean-${name}.png`), "--show-mask", file(`mask-${name}.png`)];
      const { exitCode, err } = await remove(`${name}.png`, ...words);
      assert.equal(exitCode, 0, err);
      assert.match(err, /^\d texts were found; done in \d+ ms/);
      const clean = await readFile(file(`clean-${name}.png`));
      const mask = await readFile(file(`mask-${name}.png`));
      assert.equal(await strayChanges(picture, clean, mask), 0);
      const seen = ["--out", file("again.png"), "--show-mask", file("again-mask.png")];
      const again = await remove(`clean-${name}.png`, ...seen);
      assert.equal(again.exitCode, 0, again.err);
      const share = await sharedWhite(await readFile(file("again-mask.png")), mask);
      assert.ok(share < 1 / 3, `${share} of what still looks like text is where text was`);
      if (/^no text/.test(again.err)) assert.deepEqual(await readFile(file("again.png")), clean);
    });
  }

  await context.test("a JPEG without text comes back byte by byte", async () => {
    const jpeg = await sharp(pictures.get("bridge")?.before, {
      raw: { width: 1_280, height: 720, channels: 3 },
    })
      .jpeg({ quality: 70 })
      .toBuffer();
    const form = new FormData();
    form.set("image", new Blob([jpeg], { type: "image/jpeg" }), "a.jpg");
    const url = `${cluster.url}/api/v1/remove-text`;
    const response = await fetch(url, { method: "POST", body: form });
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal(response.headers.get("x-troupe-texts"), "0");
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), jpeg);
  });

  await context.test("a folder is done once, and broken pictures are told", async () => {
    await mkdir(file("in"));
    await writeFile(file("in/a.png"), pictures.get("skyline")?.file ?? "");
    await writeFile(file("in/broken.png"), "no picture");
    const first = await remove("in", "--out", file("out"));
    assert.equal(first.exitCode, 4, first.err);
    assert.match(first.err, /^broken\.png: bad_image: .*step "find" .*the image \(10 bytes/m);
    assert.deepEqual(await readdir(file("out")), ["a.png"]);
    const { data } = await samplesOf(await readFile(file("out/a.png")));
    assert.deepEqual(data, (await samplesOf(await readFile(file("clean-skyline.png")))).data);
    await writeFile(file("in/broken.png"), pictures.get("seeding")?.file ?? "");
    const second = await remove("in", "--out", file("out"));
    assert.equal(second.exitCode, 0, second.err);
    assert.match(second.out, /\n +2 +1 +1 +0 +0/);
  });
});
