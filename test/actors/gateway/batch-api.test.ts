// Batches over HTTP, from the socket to a store on disk, with workers that do what a test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { planOf, textFile } from "../queue/queue-bench.ts";
import { apiOn } from "./api-bench.ts";

const root = "/api/v1/batches";

type Parts = readonly (readonly [string, string])[];

/** Parts without a file name are texts. */
function formOf(files: Parts, texts: Parts = []): FormData {
  const form = new FormData();
  for (const [name, text] of texts) form.append(name, text);
  for (const [name, text] of files) form.append(name, new Blob([text]), `${text}.png`);
  return form;
}

const posted = (body: FormData, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers,
});

interface Item {
  readonly [key: string]: unknown;
}

function itemsOf(body: Record<string, unknown>): readonly Item[] {
  assert.ok(Array.isArray(body.items), JSON.stringify(body));
  return body.items;
}

test("many pictures with one mask become tasks by position, and the batch says how they stand", async (context) => {
  const { call, worker, complete } = await apiOn(context);
  const one = await worker("one", { slots: 3 });
  const key = { "idempotency-key": "k" };
  const pictures: Parts = [
    ["image", "a"],
    ["image", "b"],
    ["mask", "m"],
  ];
  const { status, body, headers } = await call(
    root,
    posted(formOf(pictures, [["hdStrategy", "Resize"]]), key),
  );
  assert.deepEqual([status, body.taken, body.refused], [202, 2, 0]);
  assert.equal(headers.get("location"), body.batch);
  const ids = itemsOf(body).map(({ taskId }) => taskId);
  const leases = [await one.next(), await one.next()];
  const inputs = leases.map(({ inputs }) =>
    inputs.map(({ bytes }) => Buffer.from(bytes).toString()),
  );
  assert.deepEqual(inputs.sort(), [
    ["a", "m"],
    ["b", "m"],
  ]);
  assert.equal(leases[0]?.parameters.hdStrategy, "Resize");
  const standing = await call(String(body.batch));
  assert.deepEqual([standing.body.isEnded, standing.body.counts], [false, { running: 2 }]);
  assert.deepEqual(
    itemsOf(standing.body).map(({ taskId }) => taskId),
    ids,
  );
  assert.equal(itemsOf(standing.body)[0]?.name, "a.png");
  const waiting = call(`${body.batch}?wait=20`);
  for (const lease of leases) await complete("one", lease, [textFile("image", "done")]);
  const ended = await waiting;
  assert.deepEqual([ended.body.isEnded, ended.body.counts], [true, { completed: 2 }]);
  const result = await call(String(itemsOf(ended.body)[0]?.result));
  assert.equal(result.status, 200);
});

test("a header chooses the model of the pictures", async (context) => {
  const { call } = await apiOn(context);
  const plain: Parts = [
    ["image", "a"],
    ["mask", "m"],
  ];
  const chosen = { "x-troupe-model": "chosen" };
  const { status, body } = await call(root, posted(formOf(plain), chosen));
  assert.equal(status, 202, JSON.stringify(body));
  const task = await call(String(itemsOf(body)[0]?.task));
  assert.equal(task.body.model, "chosen");
  const long = { "x-troupe-model": "m".repeat(65) };
  const refused = await call(root, posted(formOf(plain), long));
  assert.equal(refused.status, 400);
  assert.match(JSON.stringify(refused.body), /X-Troupe-Model has 65 characters/);
});

test("an item says by name which files are its own; one that cannot be taken does not keep the others", async (context) => {
  const { call, worker } = await apiOn(context);
  const one = await worker("one", { slots: 2 });
  const batch = {
    ...{ priority: 0, parameters: { hdStrategy: "Crop", hdStrategyCropMargin: 8 } },
    items: [
      {
        files: { image: "first", mask: "m" },
        name: "the first",
        parameters: { hdStrategy: "Resize" },
      },
      { files: { image: "absent", mask: "m" } },
      { files: { image: "empty", mask: "m" } },
    ],
  };
  const files: Parts = [
    ["first", "a"],
    ["empty", ""],
    ["m", "m"],
  ];
  const { status, body } = await call(
    root,
    posted(formOf(files, [["batch", JSON.stringify(batch)]])),
  );
  assert.deepEqual([status, body.taken, body.refused], [207, 1, 2]);
  const errors = itemsOf(body).map(({ error }) => JSON.stringify(error ?? null));
  assert.equal(errors[0], "null");
  assert.match(errors[1] ?? "", /no file \\"absent\\"; its files are: first, empty, m/);
  assert.match(errors[2] ?? "", /file for \\"image\\" is empty/);
  const lease = await one.next();
  assert.deepEqual(lease.parameters, { hdStrategy: "Resize", hdStrategyCropMargin: 8 });
  const standing = await call(String(body.batch));
  assert.deepEqual(standing.body.counts, { running: 1, refused: 2 });
});

test("a key makes a repeated batch the same tasks, and takes what was refused before", async (context) => {
  const { call, store } = await apiOn(context);
  const key = { "idempotency-key": "order 7" };
  const order = (items: Parts): RequestInit => posted(formOf([...items, ["mask", "m"]]), key);
  const two: Parts = [
    ["image", "a"],
    ["image", "b"],
  ];
  const first = await call(root, order(two));
  const again = await call(root, order(two));
  assert.deepEqual([first.status, again.status], [202, 200]);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(again.body.batch, first.body.batch);
  const other = await call(
    root,
    order([
      ["image", "a"],
      ["image", "x"],
    ]),
  );
  assert.equal(other.status, 207);
  assert.match(JSON.stringify(itemsOf(other.body)[1]?.error), /"conflict"/);
  assert.equal((await store.statistics()).total, 2);
});

test("a full queue refuses by item, and a batch of which nothing fits as a whole", async (context) => {
  const { call } = await apiOn(context, [
    planOf("tight", { settings: { queue: "", pendingMax: 2 } }),
  ]);
  const files = (...names: readonly string[]): FormData =>
    formOf([...names.map((name) => ["image", name] as const), ["mask", "m"]]);
  const key = { "idempotency-key": "k" };
  const { status, body } = await call(root, posted(files("a", "b", "c"), key));
  assert.deepEqual([status, body.taken, body.refused], [207, 2, 1]);
  assert.match(JSON.stringify(itemsOf(body)), /"queue_full"/);
  const none = await call(root, posted(files("d", "e"), { "idempotency-key": "l" }));
  assert.deepEqual([none.status, none.headers.get("x-troupe-code")], [429, "queue_full"]);
  assert.ok(Number(none.headers.get("retry-after")) >= 1);
});

test("a batch is cancelled as a whole, and only by who may see it", async (context) => {
  const { call, worker, complete } = await apiOn(context);
  const one = await worker("one", { slots: 1 });
  const user = { "x-troupe-user": "ada" };
  const files = formOf([
    ["image", "a"],
    ["image", "b"],
    ["image", "c"],
    ["mask", "m"],
  ]);
  const { body } = await call(root, posted(files, { ...user, "idempotency-key": "k" }));
  const lease = await one.next();
  await complete("one", lease, [textFile("image", "done")]);
  const second = await one.next();
  const batch = String(body.batch);
  assert.equal((await call(batch, { headers: { "x-troupe-user": "eve" } })).status, 404);
  assert.equal(
    (await call(batch, { method: "DELETE", headers: { "x-troupe-user": "eve" } })).status,
    404,
  );
  const page = { ...user, origin: "http://elsewhere" };
  assert.equal((await call(batch, { method: "DELETE", headers: page })).status, 403);
  const cancelled = await call(batch, { method: "DELETE", headers: user });
  assert.equal(cancelled.status, 202);
  const by = new Map(itemsOf(cancelled.body).map(({ taskId, status }) => [taskId, status]));
  assert.deepEqual([by.get(lease.taskId), by.get(second.taskId)], ["completed", "running"]);
  assert.deepEqual([...by.values()].sort(), ["cancelled", "completed", "running"]);
});

const most = limits.batchItemsMax;
const times = (count: number, name: string): Parts =>
  Array.from({ length: count }, () => [name, "x"] as const);

test("the largest batch is taken and its address is understood; one more is refused", async (context) => {
  const { call } = await apiOn(context);
  const files = Array.from({ length: most }, (_, index): Parts[number] => [
    `i${index}`,
    `${index}`,
  ]);
  const masks = Array.from({ length: most }, (_, index): Parts[number] => [`m${index}`, "m"]);
  const items = files.map(([image], index) => ({ files: { image, mask: `m${index}` } }));
  const texts: Parts = [["batch", JSON.stringify({ items, idempotencyKey: "most" })]];
  const { status, body } = await call(root, posted(formOf([...files, ...masks], texts)));
  assert.deepEqual([status, body.taken], [202, most]);
  const standing = await call(String(body.batch));
  assert.deepEqual([standing.status, standing.body.counts], [200, { pending: most }]);
  assert.equal((await call(String(body.batch), { method: "DELETE" })).status, 200);
  const over = await call(root, posted(formOf([...times(most + 1, "image"), ["mask", "m"]])));
  assert.match(String(over.body.text), /61 images; at most 60 are taken at a time/);
});

test("a batch that says nothing sensible is refused with what is wrong, and nothing is stored", async (context) => {
  const { call, store } = await apiOn(context);
  const json = (value: unknown): FormData =>
    formOf([["a", "a"]], [["batch", JSON.stringify(value)]]);
  const refused: readonly (readonly [FormData, RegExp])[] = [
    [formOf([["mask", "m"]]), /a batch is a form/],
    [formOf([...times(3, "image"), ...times(2, "mask")]), /3 images and 2 masks; send one mask/],
    [formOf(times(2, "image")), /2 images and 0 masks/],
    [
      formOf([...times(1, "image"), ["mask", "m"]], [["hdStrategyCropMargin", "x"]]),
      /hdStrategyCropMargin cannot be "x"/,
    ],
    [formOf([], [["batch", "{"]]), /the batch is no JSON/],
    [json({ items: [] }), /items must not have fewer than 1/],
    [
      json({ items: [{ files: { image: "a" }, prio: 1 }] }),
      /items.0.prio is not known; leave it out/,
    ],
    [json({ items: [{ files: { image: "a" } }], steps: [] }), /steps is not known/],
  ];
  for (const [form, text] of refused) {
    const { status, body, headers } = await call(root, posted(form));
    assert.deepEqual([status, headers.get("x-troupe-code")], [400, "invalid"], String(text));
    assert.match(String(body.text), text);
  }
  assert.equal((await call(root, { method: "POST", body: "{}" })).status, 400);
  for (const path of [
    `${root}/nothing`,
    `${root}/..`,
    `${root}/a%2Fb`,
    `${root}/${"a.".repeat(60)}`,
  ]) {
    assert.equal((await call(path)).status, 404, path);
  }
  assert.equal((await store.statistics()).total, 0);
});
