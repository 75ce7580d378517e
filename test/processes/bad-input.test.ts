// What a cluster of real processes says to rubbish, and that it goes on as if nothing had been.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { pngOf } from "../actors/queue/queue-bench.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { commandLine } from "./command-line.ts";
import { formOf, type Picture, pictureOf } from "./pictures.ts";

async function badPictures(
  good: Picture,
): Promise<Readonly<Record<string, [Picture, number, RegExp]>>> {
  const bomb = await sharp({
    create: { width: 10_000, height: 10_000, channels: 3, background: "red" },
  })
    .png({ compressionLevel: 9 })
    .toBuffer();
  const smaller = await sharp(good.mask).resize(100, 50).png().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  return {
    "a bomb of 100 megapixels": [{ ...good, image: bomb }, 500, /pixel/],
    "a truncated image": [{ ...good, image: good.image.subarray(0, 5_000) }, 500, /image/],
    "a truncated mask": [{ ...good, mask: good.mask.subarray(0, 60) }, 500, /mask/],
    "an SVG": [{ ...good, image: svg }, 500, /image/],
    "a text": [{ ...good, image: Buffer.from("hello") }, 500, /image/],
    "a mask of another size": [{ ...good, mask: smaller }, 400, /Mask shape\(50, 100\)/],
  };
}

test("each bad picture gets a clear answer, and the next good one is repaired by the same engine", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const good = await pictureOf(320);
  const post = (picture: Picture): Promise<Response> =>
    fetch(`${cluster.url}/inpaint`, { method: "POST", body: formOf(picture) });
  for (const [what, [picture, status, text]] of Object.entries(await badPictures(good))) {
    const response = await post(picture);
    const said = `${response.headers.get("x-troupe-detail")} ${await response.text()}`;
    assert.equal(response.status, status, what);
    assert.match(said, text, what);
  }
  const response = await post(good);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-troupe-attempt"), "1");
  const engines = cluster.log.filter((line) => line.includes("engine ready"));
  assert.equal(engines.length, 1, "no engine was lost on the way");
});

test("a batch of what nobody can take is refused, and nobody crashes of it", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const items = Array.from({ length: 60 }, () => ({ files: { a: "f" } }));
  const order = async (terms: object) => {
    const form = new FormData();
    form.set("batch", JSON.stringify({ type: "inpaint", model: "diffuse", items, ...terms }));
    form.set("f", new Blob(["x"]), "f");
    const response = await fetch(`${cluster.url}/api/v1/batches`, { method: "POST", body: form });
    return `${response.status} ${await response.text()}`;
  };
  assert.match(await order({ runAt: 1e15 }), /^400 .*more than 400 days from now/);
  assert.match(
    await order({ parameters: { ["__proto__"]: 1 } }),
    /^400 .*__proto__, which is reserved/,
  );
  const crashes = cluster.log.filter((line) => /crash/.test(line));
  assert.deepEqual(crashes, []);
});

const roomForTen = ({ http, control }: { readonly http: number; readonly control: number }) => `
cluster: bombs
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin }, { name: makegif, path: builtin } ]
queues: [ { name: pictures, class: cpu-heavy, pendingMax: 10 } ]
gateway: { host: 127.0.0.1, port: ${http}, model: diffuse }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${control}", director: true, roles: [control] }
  - { name: gateway, bind: "tcp://127.0.0.1:*", roles: [gateway] }
  - { name: worker, bind: "tcp://127.0.0.1:*", roles: [worker], settings: { threads: 1 } }
`;

test("a few bytes that claim a picture without end are refused on every way in, and hold nobody up", {
  timeout: 100_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1, topology: roomForTen });
  const good = await pictureOf(96);
  const bomb = Buffer.from(pngOf(49_000, 49_000));
  const why = /the (image|mask|clean) has 2401000000 pixels/;
  for (const prefer of ["wait=20", "respond-async"]) {
    for (let count = 0; count < 10; count += 1) {
      const body = formOf(count % 2 === 0 ? { ...good, image: bomb } : { ...good, mask: bomb });
      const init = { method: "POST", body, headers: { prefer } };
      const { status, headers } = await fetch(`${cluster.url}/inpaint`, init);
      assert.deepEqual([status, headers.get("x-troupe-code")], [500, "bad_image"]);
      assert.match(headers.get("x-troupe-detail") ?? "", why);
    }
  }
  const plugin = new FormData();
  for (const [name, text] of Object.entries({ name: "MakeGIF", filename: "a" })) {
    plugin.set(name, text);
  }
  plugin.set("image", new Blob([good.image]), "a");
  plugin.set("clean_img", new Blob([bomb]), "b");
  const ran = await fetch(`${cluster.url}/run_plugin`, { method: "POST", body: plugin });
  assert.deepEqual([ran.status, ran.headers.get("x-troupe-code")], [500, "bad_image"]);
  assert.match(ran.headers.get("x-troupe-detail") ?? "", why);

  const file = (name: string): string => join(cluster.folder, name);
  await mkdir(file("pictures"));
  await writeFile(file("bomb.png"), bomb);
  await writeFile(file("pictures/bomb.png"), bomb);
  await writeFile(file("pictures/good.png"), good.image);
  await writeFile(file("mask.png"), good.mask);
  const repair = (picture: string, ...more: readonly string[]) =>
    commandLine(
      ...["inpaint", file(picture), "--mask", file("mask.png"), "--url", cluster.url, ...more],
    );
  const single = await repair("bomb.png");
  assert.equal(single.exitCode, 1);
  assert.match(single.said, why);
  const folder = await repair("pictures", "--out", file("out"));
  assert.equal(folder.exitCode, 4, folder.said);
  assert.match(folder.said, /^bomb\.png: bad_image: .*the image has 2401000000 pixels/m);
  assert.ok((await sharp(file("out/good.png")).metadata()).width === 96);
});
