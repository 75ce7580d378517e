// Text is removed over HTTP: what is asked for, what becomes of it, and what is said when it cannot be.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { textFile, textOf } from "../queue/queue-bench.ts";
import { leaseOf } from "../queue/queue-fixture.ts";
import { apiOn } from "./api-bench.ts";

const path = "/api/v1/remove-text";

function formOf(texts: Readonly<Record<string, string>> = {}, image = "picture"): FormData {
  const form = new FormData();
  form.set("image", new Blob([image], { type: "image/png" }), "a.png");
  for (const [name, text] of Object.entries(texts)) form.set(name, text);
  return form;
}

async function stage(context: Parameters<typeof apiOn>[0]) {
  const api = await apiOn(context);
  const finder = await api.worker("finder", { models: ["text-detector"] });
  const filler = await api.worker("filler");
  const post = (texts: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
    api.call(path, { method: "POST", body: formOf(texts), headers });
  const complete = async (
    node: "finder" | "filler",
    files: readonly TaskFile[],
    figures: TaskParameters = {},
  ) => {
    const lease = await (node === "finder" ? finder : filler).next();
    await api.queue.complete({
      node,
      lease: leaseOf(lease),
      result: { figures, files: [...files] },
    });
    return lease;
  };
  return { ...api, post, complete };
}

test("a picture is sent to the detector and with its mask to the repair, and comes back", async (context) => {
  const { post, call, complete } = await stage(context);
  const said = { threshold: "0.4", limitSide: "1280", hdStrategy: "Resize", cv2Radius: "9" };
  const answer = post(said, { "idempotency-key": "one" });
  const boxes = textFile("boxes", "[]");
  const found = await complete("finder", [textFile("mask", "holes"), boxes], { texts: 3 });
  assert.deepEqual(
    [found.type, found.model, found.parameters],
    ["detect-text", "text-detector", { threshold: 0.4, limitSide: 1_280 }],
  );
  assert.deepEqual(
    found.inputs.map(({ name }) => [name, textOf(found.inputs, name)]),
    [["image", "picture"]],
  );
  const filled = await complete("filler", [textFile("image", "clean")]);
  assert.deepEqual(
    [filled.type, filled.model, filled.parameters],
    ["inpaint", "diffuse", { hdStrategy: "Resize", cv2Radius: 9, withoutHoles: "same-file" }],
  );
  assert.deepEqual(
    filled.inputs.map(({ name }) => [name, textOf(filled.inputs, name)]),
    [
      ["image", "picture"],
      ["mask", "holes"],
    ],
  );
  const { status, headers, body } = await answer;
  assert.deepEqual([status, body.text, headers.get("x-troupe-texts")], [200, "clean", "3"]);
  const task = `/api/v1/tasks/${headers.get("x-troupe-task")}`;
  assert.equal((await call(`${task}/files/find.mask`)).body.text, "holes");
  assert.equal((await call(`${task}/files/find.boxes`)).body.text, "[]");
});

test("who does not wait is told the task, and a key seen before finds the same one", async (context) => {
  const { post, call, complete } = await stage(context);
  const headers = { prefer: "respond-async", "idempotency-key": "two" };
  const first = await post({ model: "diffuse" }, headers);
  assert.deepEqual([first.status, first.body.isReplay], [202, false]);
  const again = await post({ model: "diffuse" }, headers);
  assert.deepEqual([again.status, again.body.taskId], [200, first.body.taskId]);
  const other = await post({ model: "diffuse", threshold: "0.5" }, headers);
  assert.equal(other.status, 422);
  await complete("finder", [textFile("mask", "m")], { texts: 0 });
  await complete("filler", [textFile("image", "clean")], { width: 1 });
  assert.equal((await call(`${first.body.task}?wait=20`)).body.status, "completed");
  const { body } = await call(String(first.body.result));
  assert.deepEqual(body.figures, { width: 1, "find.texts": 0 });
});

test("a step that fails ends the removal with its words", async (context) => {
  const { post, complete } = await stage(context);
  const answer = post({}, { "idempotency-key": "three" });
  await complete("finder", [textFile("boxes", "[]")]);
  const { status, body } = await answer;
  assert.equal(status, 400);
  assert.match(String(body.text), /step "fill" takes "mask" of step "find".*handed back: boxes/);
});

const refusals: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{ threshold: "high" }, /threshold is "high"; send a number from 0.01 to 0.99/],
  [{ threshold: "" }, /threshold is ""/],
  [{ boxThreshold: "1.1" }, /boxThreshold is 1.1; send a number from 0 to 1/],
  [{ unclipRatio: "-1" }, /unclipRatio is -1/],
  [{ dilation: "Infinity" }, /dilation is Infinity; send a number from 0 to 2/],
  [{ limitSide: "960.5" }, /limitSide is 960.5; send a whole number from 32 to 2560/],
  [{ hdStrategy: "crop" }, /hdStrategy is "crop"; send Crop or Resize or Original/],
  [{ hdStrategyCropMargin: "wide" }, /hdStrategyCropMargin is "wide"; send a whole number/],
  [{ hdStrategyCropMargin: "-1" }, /hdStrategyCropMargin is "-1"; send .* from 0 to 65535/],
  [{ hdStrategyResizeLimit: "0" }, /hdStrategyResizeLimit is "0"; send .* from 1 to 65535/],
  [{ cv2Flag: "INPAINT" }, /cv2Flag is "INPAINT"; send INPAINT_NS or INPAINT_TELEA/],
  [{ cv2Radius: "" }, /cv2Radius is ""; send a whole number from 1 to 100/],
  [{ detector: "" }, /detector has 0 characters/],
  [{ treshold: "0.3" }, /the field "treshold" is none of: model, detector, threshold/],
];
test("what cannot be done is refused before it is queued, by the name of the field", async (context) => {
  const { post, call } = await stage(context);
  for (const [texts, why] of refusals) {
    const { status, body } = await post(texts);
    assert.equal(status, 400, JSON.stringify(texts));
    assert.match(String(body.text), why);
  }
  const empty = await call(path, { method: "POST", body: formOf({}, "") });
  assert.deepEqual([empty.status, /"image"/.test(String(empty.body.text))], [400, true]);
  const json = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
  assert.equal((await call(path, json)).status, 400);
});

test("a cluster without a detector says how it gets one, and one without the model which there are", async (context) => {
  const { call, worker } = await apiOn(context);
  await worker("filler");
  const post = (texts = {}) => call(path, { method: "POST", body: formOf(texts) });
  const bare = await post();
  assert.deepEqual([bare.status, bare.headers.get("x-troupe-code")], [503, "unavailable"]);
  assert.match(String(bare.body.text), /text-detector; troupe models install text-detector/);
  assert.match(String((await post({ detector: "mine" })).body.text), /mine; offered are: diffuse/);
  await worker("finder", { models: ["text-detector"] });
  assert.match(String((await post({ model: "lama" })).body.text), /lama; offered are: /);
});
