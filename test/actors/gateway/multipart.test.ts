import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Form, readForm } from "#actors/gateway/multipart.ts";
import { limits } from "#protocols/limits.ts";

const multipart = (lines: string, boundary = "b"): Form | undefined =>
  readForm(`multipart/form-data; boundary=${boundary}`, Buffer.from(lines, "latin1"));
const part = (disposition: string, body: string, more = ""): string =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${body}\r\n`;
const text = (form: Form | undefined, name: string): string | undefined => form?.texts.get(name);
const file = (form: Form | undefined, name: string): string | undefined =>
  form && Buffer.from(form.files.get(name)?.bytes ?? []).toString("latin1");

describe("readForm", () => {
  test("reads text fields and files with their names and types", () => {
    const form = multipart(
      `${part('name="a"', "one")}${part('name="i"; filename="x;\\"y.png"', "\x89PNG", "Content-Type: image/png\r\n")}--b--\r\n`,
    );
    assert.equal(text(form, "a"), "one");
    assert.deepEqual(
      [form?.files.get("i")?.filename, form?.files.get("i")?.contentType, file(form, "i")],
      ['x;"y.png', "image/png", "\x89PNG"],
    );
  });

  test("takes what clients really send", () => {
    assert.equal(text(multipart(`preamble\r\n${part('name="a"', "1")}--b--`), "a"), "1");
    assert.equal(
      text(multipart("--b \t\r\ncontent-disposition:form-data;NAME=a\r\n\r\n1\r\n--b--"), "a"),
      "1",
    );
    assert.equal(text(multipart(`${part('name="a"', "")}--b--`), "a"), "");
    assert.equal(file(multipart(`${part('name="f"; filename=""', "")}--b--`), "f"), "");
    assert.equal(
      text(multipart(`${part('name="a"', "1")}${part('name="a"', "2")}--b--`), "a"),
      "1",
    );
    assert.equal(
      text(multipart(`${part('name="a"', "x--b\r\n-- b--")}--b--`), "a"),
      "x--b\r\n-- b--",
    );
    assert.equal(multipart("--b--")?.texts.size, 0);
    const quoted = readForm(
      'Multipart/Form-Data; charset=x; boundary="b"',
      Buffer.from(`${part('name="a"', "1")}--b--`),
    );
    assert.equal(text(quoted, "a"), "1");
    assert.equal(
      text(
        readForm("application/x-www-form-urlencoded; charset=utf-8", Buffer.from("a=%C3%A4+b&a=2")),
        "a",
      ),
      "ä b",
    );
  });

  test("refuses what is broken or is no form", () => {
    for (const broken of [
      "",
      "b",
      "--b",
      "--b\r\n",
      part('name="a"', "1"),
      "--b\r\n\r\nno name\r\n--b--",
      "--bx\r\n\r\n--b--",
      "--b\r\nContent-Disposition: form-data; name=a\r\n--b--",
    ]) {
      assert.equal(multipart(broken), undefined, JSON.stringify(broken));
    }
    const whole = Buffer.from(`${part('name="a"', "1")}--b--`);
    for (const type of [
      undefined,
      "",
      "application/json",
      "multipart/form-data",
      "multipart/form-data; boundary=",
    ]) {
      assert.equal(readForm(type, whole), undefined, String(type));
    }
  });

  test("refuses more parts or longer headers than the limits, and takes exactly as many", () => {
    const parts = (count: number): string =>
      Array.from({ length: count }, (_, index) => part(`name="f${index}"`, "")).join("");
    assert.equal(multipart(`${parts(limits.formPartsMax)}--b--`)?.texts.size, limits.formPartsMax);
    assert.equal(multipart(`${parts(limits.formPartsMax + 1)}--b--`), undefined);
    const long = `X: ${"x".repeat(limits.formPartHeaderBytesMax)}\r\n`;
    assert.equal(multipart(`${part('name="a"', "1", long)}--b--`), undefined);
    const fields = Array.from({ length: limits.formPartsMax + 1 }, () => "a=1").join("&");
    assert.equal(readForm("application/x-www-form-urlencoded", Buffer.from(fields)), undefined);
  });

  test("gives back any bytes, and never throws on any body", async () => {
    const type = "multipart/form-data; boundary=----q";
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        fc.pre(!Buffer.from(bytes).includes("\r\n------q"));
        const head = '------q\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n';
        const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from("\r\n------q--")]);
        assert.deepEqual(
          Buffer.from(readForm(type, body)?.files.get("f")?.bytes ?? []),
          Buffer.from(bytes),
        );
      }),
    );
    const crumbs = fc.constantFrom(
      "--b",
      "\r\n",
      "\r\n\r\n",
      "--",
      'name="a"',
      "Content-Disposition: form-data; ",
      "x",
      '"',
      "\\",
    );
    fc.assert(
      fc.property(fc.array(crumbs, { maxLength: 30 }), (list) => void multipart(list.join(""))),
    );
  });

  test("reads the form that a browser or undici writes", async () => {
    const form = new FormData();
    form.set("näme", "wört");
    form.set("image", new Blob([new Uint8Array([0, 13, 10, 45, 45])]), 'q"uote.png');
    const request = new Request("http://x", { method: "POST", body: form });
    const read = readForm(
      request.headers.get("content-type") ?? "",
      new Uint8Array(await request.arrayBuffer()),
    );
    assert.equal(text(read, "näme"), "wört");
    assert.equal(read?.files.get("image")?.filename, 'q"uote.png');
    assert.deepEqual([...(read?.files.get("image")?.bytes ?? [])], [0, 13, 10, 45, 45]);
  });
});
