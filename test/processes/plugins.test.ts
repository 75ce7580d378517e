// Plugins of a cluster of real processes, by the command line: what is offered, what comes back, and what is
// said where it cannot be done.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { attribute } from "#actors/inference/models/graph-builder.ts";
import { writeModel } from "../actors/inference/engine/onnx-file.ts";
import { graphFile } from "../actors/inference/works/work-files.ts";
import { troupe } from "../nodes/cli/terminal-double.ts";
import { ClusterProcess } from "./cluster-process.ts";

/** Keeps what is red. */
const redFile = () =>
  graphFile(
    {
      inputs: [{ name: "input.1", shape: [1, 3, 32, 32] }],
      outputs: [{ name: "mask", shape: [1, 1, 32, 32] }],
    },
    (graph) => [
      graph.node("Slice", ["input.1", graph.integers(0), graph.integers(1), graph.integers(1)]),
    ],
  );

const doublingFile = () =>
  graphFile(
    {
      inputs: [{ name: "x", shape: [1, 3, "h", "w"] }],
      outputs: [{ name: "y", shape: [1, 3, "h2", "w2"] }],
    },
    (graph) => {
      const four = graph.node("Concat", ["x", "x", "x", "x"], attribute.int("axis", 1));
      return [graph.node("DepthToSpace", [four], attribute.int("blocksize", 2))];
    },
  );

const topology = (folder: string, { http, control }: { http: number; control: number }): string => `
cluster: plugins
store: { kind: memory }
models:
  - { name: diffuse, path: builtin }
  - { name: makegif, path: builtin }
  - { name: u2net, path: ${join(folder, "u2net")} }
  - { name: esrgan, path: ${join(folder, "esrgan")} }
  - { name: isnetis, path: ${join(folder, "isnetis")} }
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control, gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker] }
`;

test("a cluster runs the plugins whose models are ready, and says what the others lack", {
  timeout: 180_000,
}, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-plugins-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await writeModel(folder, "u2net", redFile(), { kind: "remove-background" });
  await writeModel(folder, "esrgan", doublingFile(), { kind: "upscale" });
  await writeModel(folder, "isnetis", Buffer.from("rubbish"), { kind: "anime-segment" });
  const { url } = await ClusterProcess.start(context, {
    workers: 1,
    topology: (ports) => topology(folder, ports),
  });
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) =>
    at % 3 === 0 && Math.floor(at / 3) % 32 < 16 ? 250 : 0,
  );
  const image = join(folder, "photograph.png");
  await writeFile(
    image,
    await sharp(data, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const out = (name: string) => join(folder, name);
  const plugin = (...words: readonly string[]) => troupe("plugin", ...words, "--url", url);

  const listed = await plugin();
  assert.equal(listed.exitCode, 0, listed.err);
  assert.match(listed.out, /^RemoveBG +image +u2net$/m);
  assert.match(listed.out, /^RealESRGAN +image --upscale +esrgan$/m);
  assert.match(listed.out, /^MakeGIF +image --clean +makegif$/m);
  assert.match(listed.out, /^AnimeSeg +image +- \(no model of kind anime-segment is ready\)$/m);
  assert.match(
    listed.out,
    /^GFPGAN +image +- \(no model of kind restore-face whose name begins with gfpgan is ready\)$/m,
  );

  const cut = await plugin("RemoveBG", image, "--out", out("figure.png"));
  assert.equal(cut.exitCode, 0, cut.err);
  assert.equal(cut.out, `${out("figure.png")}\n`);
  assert.match(cut.err, /^RemoveBG by u2net, task \S+, on worker/);
  const figure = await sharp(await readFile(out("figure.png")))
    .raw()
    .toBuffer();
  assert.deepEqual([...figure.subarray(0, 4)], [250, 0, 0, 255]);
  assert.deepEqual([...figure.subarray(31 * 4, 32 * 4)], [0, 0, 0, 0]);

  const large = await plugin("RealESRGAN", image, "--upscale", "2", "--out", out("large.png"));
  assert.equal(large.exitCode, 0, large.err);
  assert.equal((await sharp(await readFile(out("large.png"))).metadata()).width, 64);

  const gif = await plugin("MakeGIF", image, "--clean", out("large.png"), "--out", out("both.gif"));
  assert.equal(gif.exitCode, 0, gif.err);
  const frames = await sharp(await readFile(out("both.gif")), { pages: -1 }).metadata();
  assert.deepEqual([frames.format, frames.pages], ["gif", 161]);

  await originalRoutes(url, await readFile(image));

  const refusals: [words: readonly string[], err: RegExp][] = [
    [
      ["AnimeSeg", image, "--out", out("x")],
      /AnimeSeg is not offered: no model of kind anime-segment/,
    ],
    [
      ["RemoveBG", image, "--out", out("x"), "--model", "esrgan"],
      /not run by the model esrgan: that is for upscale, not for remove-background/,
    ],
    [["RealESRGAN", image, "--out", out("x")], /RealESRGAN needs --upscale/],
    [
      ["RealESRGAN", image, "--upscale", "99", "--out", out("x")],
      /upscale is 99; send a number from 1 to 8/,
    ],
    [["MakeGIF", image, "--out", out("x")], /MakeGIF needs --clean/],
    [["RemoveBG", image], /name a file for the result with --out/],
    [["RemoveBG"], /name a picture for RemoveBG/],
    [["Paint", image], /there is no plugin Paint, only InteractiveSeg/],
  ];
  for (const [words, err] of refusals) {
    const refused = await plugin(...words);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.err, err);
  }
  const words = ["--mask", image, "--model", "esrgan", "--url", url, "--out", out("y")];
  const foreign = await troupe("inpaint", image, ...words);
  assert.notEqual(foreign.exitCode, 0);
  assert.match(foreign.err, /the model esrgan is for upscale, not for inpaint/);
});

/** What the original's page and scripts ask of the same cluster. */
async function originalRoutes(url: string, image: Uint8Array): Promise<void> {
  const run = (
    name: string,
    picture: Uint8Array,
    fields: Readonly<Record<string, string>> = {},
  ) => {
    const body = new FormData();
    body.set("name", name);
    body.set("image", new Blob([new Uint8Array(picture)]), "photograph");
    for (const [key, text] of Object.entries(fields)) body.set(key, text);
    return fetch(`${url}/run_plugin`, { method: "POST", body });
  };
  const config = JSON.parse(await (await fetch(`${url}/server_config`)).text());
  assert.deepEqual(config.plugins, ["RemoveBG", "RealESRGAN", "MakeGIF"]);

  const cut = await run("RemoveBG", image);
  assert.deepEqual([cut.status, cut.headers.get("content-type")], [200, "image/png"]);
  const figure = await sharp(await cut.arrayBuffer())
    .raw()
    .toBuffer();
  assert.deepEqual([...figure.subarray(0, 4)], [250, 0, 0, 255]);

  // Turned by a quarter, which is applied and not told again; what else the camera said is kept.
  const lying = await sharp(image)
    .resize(32, 16)
    .withExif({ IFD0: { Model: "Camera" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const large = await run("RealESRGAN", lying, { upscale: "2.0" });
  assert.deepEqual([large.status, large.headers.get("content-type")], [200, "image/jpeg"]);
  const { width, height, orientation, exif } = await sharp(await large.arrayBuffer()).metadata();
  assert.deepEqual([width, height, orientation], [32, 64, 1]);
  assert.ok(exif?.includes("Camera"));

  const refusals: readonly [answer: Promise<Response>, status: number, text: RegExp][] = [
    [run("AnimeSeg", image), 500, /^Plugin not found$/],
    [run("RealESRGAN", image), 500, /^<!doctype html>.*Internal Server Error/s],
    [run("RealESRGAN", image, { upscale: "99" }), 500, /^<!doctype html>.*Internal Server Error/s],
    [run("MakeGIF", image, { filename: "a.jpg" }), 400, /^<!doctype html>.*Bad Request/s],
  ];
  for (const [answer, status, text] of refusals) {
    const refused = await answer;
    assert.equal(refused.status, status);
    assert.match(await refused.text(), text);
  }
}
