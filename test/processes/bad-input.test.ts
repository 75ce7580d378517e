// What a cluster of real processes says to rubbish, and that it goes on as if nothing had been.
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { ClusterProcess } from "./cluster-process.ts";
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
