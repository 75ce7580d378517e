// The right column is what Werkzeug writes for these names, but for control characters, at which it fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { attachmentNamed } from "#actors/gateway/attachment.ts";

const names: readonly [name: string, header: string][] = [
  ["photo.jpg", "filename=photo.jpg"],
  ["a photo.jpg", 'filename="a photo.jpg"'],
  ['say "x"\\.png', 'filename="say \\"x\\"\\\\.png"'],
  ["a;b=c.png", 'filename="a;b=c.png"'],
  ["../../etc/passwd", 'filename="../../etc/passwd"'],
  ["", 'filename=""'],
  ["Fußgänger.jpg", "filename=Fuganger.jpg; filename*=UTF-8''Fu%C3%9Fg%C3%A4nger.jpg"],
  ["(日本) #1!.gif", `filename="() #1!.gif"; filename*=UTF-8''%28%E6%97%A5%E6%9C%AC%29%20#1!.gif`],
  ["a\r\nSet-Cookie: b", 'filename="a Set-Cookie: b"'],
];

test("an answer is kept under the name that was sent, which cannot end its header", () => {
  for (const [name, header] of names) assert.equal(attachmentNamed(name), `attachment; ${header}`);
  assert.equal(
    attachmentNamed("\ud800.gif"),
    "attachment; filename=.gif; filename*=UTF-8''%EF%BF%BD.gif",
  );
});
