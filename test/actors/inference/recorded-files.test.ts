// What was recorded of the original servers and belongs to no other test: pictures that its own tests use,
// and one request of a real browser. At the end nothing may be left that no test reads and no reason names.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readForm } from "#actors/gateway/multipart.ts";
import { decodeImage, decodeMask } from "#actors/inference/engine/decode.ts";
import { RecordedFolder, recordedFolders } from "./recorded-folder.ts";

const images = new RecordedFolder("images");
const captured = new RecordedFolder("captured");
const wire = new RecordedFolder("wire");

/** Read by tests of their own, which see to it that nothing in them is left out. */
const elsewhere = ["wrapper", "cv2"];
const reasons = new Map([
  ["wire/flask-1.2.5-routes.txt", "a transcript for people: cut off answers, no requests"],
  ["wire/flask-1.2.5-image-semantics.txt", "a table for people, of pictures that were not kept"],
  ["wire/iopaint-1.6.0-routes.txt", "a transcript for people, likewise"],
]);

describe("recorded pictures", { skip: images.skip }, () => {
  const pictures = [
    { file: "overture-creations-5sI6fQgYIuo.png", format: "png", hasExif: false },
    { file: "bunny.jpeg", format: "jpeg", hasExif: true },
    { file: "icc_profile_test.jpg", format: "jpeg", hasExif: true },
    { file: "pnginfo_test.png", format: "png", hasExif: false },
  ] as const;
  for (const { file, format, hasExif } of pictures) {
    it(`${file} can be read`, async () => {
      const image = await decodeImage(images.read(file), "image");
      assert.equal(image.format, format);
      assert.equal(image.rgb.length, image.width * image.height * 3);
      assert.equal(image.exif !== undefined, hasExif);
    });
  }

  it("a mask with soft edges has holes where it is more than half", async () => {
    const [sharp, soft] = await Promise.all(
      ["", "_blur"].map((kind) =>
        decodeMask(images.read(`overture-creations-5sI6fQgYIuo_mask${kind}.png`)),
      ),
    );
    assert.ok(sharp && soft);
    const count = ({ holes }: typeof sharp) => holes.filter((level) => level === 255).length;
    assert.deepEqual([soft.width, soft.height], [sharp.width, sharp.height]);
    assert.ok(soft.holes.every((level) => level === 0 || level === 255));
    assert.ok(Math.abs(count(soft) / count(sharp) - 1) < 0.1, `${count(soft)} of ${count(sharp)}`);
  });
});

describe("a recorded request of a browser", { skip: captured.skip }, () => {
  it("is a form that can be read: the picture, the mask and 34 fields", async () => {
    const request: unknown = JSON.parse(captured.read("flask-inpaint.req.json").toString());
    const headers = Object(Object(request).headers);
    const form = readForm(String(headers["content-type"]), captured.read("flask-inpaint.req.body"));
    assert.ok(form);
    assert.deepEqual([...form.files.keys()], ["image", "mask"]);
    assert.equal(form.texts.size, 34);
    assert.equal(form.texts.get("hdStrategy"), "Crop");
    const image = await decodeImage(form.files.get("image")?.bytes ?? new Uint8Array(), "image");
    const mask = await decodeMask(form.files.get("mask")?.bytes ?? new Uint8Array());
    assert.deepEqual([mask.width, mask.height], [image.width, image.height]);
    const response: unknown = JSON.parse(captured.read("flask-inpaint.res.json").toString());
    assert.equal(Object(Object(response).headers)["content-type"], "image/jpeg");
    const answer = await decodeImage(captured.read("flask-inpaint.res.body"), "answer");
    assert.deepEqual([answer.width, answer.height], [image.width, image.height]);
  });

  it("has a mask whose holes are what is left of it without its alpha", async () => {
    const { holes } = await decodeMask(captured.read("flask-frontend-mask.png"));
    assert.equal(holes.filter((level) => level === 255).length, 5525);
  });
});

it("no recording is without a reader or a reason", { skip: images.skip }, () => {
  const folders = { images, captured, wire };
  const unknown = recordedFolders().filter(
    (name) => !elsewhere.includes(name) && !Object.hasOwn(folders, name),
  );
  assert.deepEqual(unknown, [], "folders that no test knows");
  const left = Object.entries(folders).flatMap(([name, folder]) =>
    folder.unread().map((file) => `${name}/${file}`),
  );
  assert.deepEqual(left.sort(), [...reasons.keys()].sort());
});
