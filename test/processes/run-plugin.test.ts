// The original's routes of plugins, and what is said of bad pictures and unknown models, on the cluster that
// `npm start` starts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import sharp from "sharp";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

const shipped = new URL("../../examples/topologies/local.yaml", import.meta.url);

test("the cluster of npm start", { timeout: 180_000 }, async (context) => {
  const text = await readFile(shipped, "utf8");
  const { url } = await ClusterProcess.start(context, {
    workers: 2,
    topology: ({ http, control }) =>
      text
        .replace("../../data/local.sqlite", "tasks.sqlite")
        .replace("port: 8080", `port: ${http}`)
        .replace("127.0.0.1:7600", `127.0.0.1:${control}`)
        .replace(/^control: .*$/m, ""),
  });
  const { image, mask } = await pictureOf(320);
  const post = (path: string, form: FormData, headers = {}) =>
    fetch(url + path, { method: "POST", body: form, headers });
  const gifForm = (before: Buffer): FormData => {
    const form = new FormData();
    form.set("name", "MakeGIF");
    form.set("filename", "photo.jpg");
    form.set("image", new Blob([before], { type: "image/png" }), "photo.png");
    form.set("clean_img", new Blob([mask], { type: "image/png" }), "photo.png");
    return form;
  };

  await context.test("offers MakeGIF, and makes one", async () => {
    const config = JSON.parse(await (await fetch(`${url}/server_config`)).text());
    assert.deepEqual(config.plugins, ["MakeGIF"]);
    const made = await post("/run_plugin", gifForm(image));
    assert.equal(made.status, 200, made.headers.get("x-troupe-detail") ?? "");
    assert.equal(made.headers.get("content-type"), "image/gif");
    assert.equal(made.headers.get("content-disposition"), "attachment; filename=photo.jpg");
    const gif = await sharp(await made.arrayBuffer(), { pages: -1 }).metadata();
    assert.deepEqual([gif.pages, gif.loop, gif.width], [161, 0, 600]);
  });

  await context.test("withdraws a plugin's task when its client goes away", async () => {
    const leaving = new AbortController();
    const headers = { "x-troupe-user": "leaver" };
    const body = gifForm(image);
    const asked = fetch(`${url}/run_plugin`, {
      ...{ method: "POST", body, headers, signal: leaving.signal },
    });
    asked.catch(() => undefined);
    const standing = async () => {
      const response = await fetch(`${url}/api/v1/tasks?user=leaver`);
      const { tasks } = JSON.parse(await response.text());
      return String(tasks[0]?.status);
    };
    const until = async (wanted: RegExp) => {
      const deadline = performance.now() + 20_000;
      for (let seen = ""; !wanted.test(seen); seen = await standing()) {
        assert.ok(performance.now() < deadline, `it is ${seen}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await until(/pending|running/);
    leaving.abort();
    await until(/cancelled/);
  });

  await context.test("says what is wrong with a picture as each route does", async () => {
    const torn = image.subarray(0, 2_000);
    const why = /the image cannot be read as png: .*; save it anew and send that/;
    for (const [path, form] of [
      ["/run_plugin", gifForm(torn)],
      ["/inpaint", formOf({ image: torn, mask })],
    ] as const) {
      const refused = await post(path, form);
      assert.deepEqual([refused.status, await refused.text()], [500, errorPage(500)]);
      assert.match(refused.headers.get("x-troupe-detail") ?? "", why);
      const exposed = refused.headers.get("access-control-expose-headers") ?? "";
      assert.match(exposed, /^Content-Disposition, .*X-Troupe-Detail/);
    }
    const form = formOf({ image: torn, mask });
    form.set("task", JSON.stringify({ type: "inpaint" }));
    const { task } = JSON.parse(await (await post("/api/v1/tasks", form)).text());
    await fetch(`${url}${task}?wait=20`);
    for (const end of ["/files/image", "/result"]) {
      const refused = await fetch(url + task + end);
      assert.deepEqual(
        [refused.status, refused.headers.get("content-type")],
        [400, "application/json"],
      );
      const { error } = JSON.parse(await refused.text());
      assert.equal(error.code, "bad_image");
      assert.match(error.detail, why);
    }
    const missing = await fetch(`${url}/api/v1/tasks/none/result`);
    assert.equal(JSON.parse(await missing.text()).error.code, "not_found");
  });

  await context.test("refuses a mistyped model at once, naming those that there are", async () => {
    const startMs = performance.now();
    const typo = { "x-troupe-model": "difuse" };
    const refused = await post("/inpaint", formOf({ image, mask }), typo);
    const said = "there is no model difuse; offered are: diffuse, makegif";
    assert.deepEqual([refused.status, await refused.text()], [400, said]);
    assert.ok(performance.now() - startMs < 5_000);
    const version = { "x-troupe-model": "diffuse@7" };
    const absent = await post("/inpaint", formOf({ image, mask }), version);
    assert.match(
      await absent.text(),
      /^the model diffuse has no version or alias 7; offered are: diffuse@1$/,
    );
  });
});
