// Tasks over HTTP, from the socket to a store on disk, with workers that do what a test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf, textFile } from "../queue/queue-bench.ts";
import { type Answer, apiOn } from "./api-bench.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("a task of any type is submitted with all that it may say, and fetched when it is done", async (context) => {
  const { post, call, worker, complete } = await apiOn(context);
  const one = await worker("one", { models: ["finder"], skills: ["ocr"] });
  const said = { type: "detect-text", model: "finder", user: "ada", priority: 0 };
  const times = { timeoutMs: 60_000, queueDeadlineMs: 50_000, deadlineMs: 90_000, maxRetries: 1 };
  const more = { requiredSkills: ["ocr"], parameters: { threshold: 0.5 } };
  const inputs = [{ name: "image", contentType: "text/plain", base64: base64("picture") }];
  const { status, body, headers } = await post({ ...said, ...times, ...more, inputs });
  assert.deepEqual([status, body.isReplay], [202, false]);
  assert.equal(headers.get("location"), body.task);
  const lease = await one.next();
  assert.deepEqual(
    [lease.taskId, lease.type, lease.timeoutMs],
    [body.taskId, "detect-text", 60_000],
  );
  assert.deepEqual(
    lease.inputs.map(({ bytes }) => Buffer.from(bytes).toString()),
    ["picture"],
  );
  const standing = await call(String(body.task));
  assert.deepEqual(
    [standing.body.status, standing.body.userId, standing.body.priority],
    ["running", "ada", 0],
  );
  assert.equal((await call(String(body.result))).status, 202);
  const waiting = call(`${body.task}?wait=20`);
  await complete("one", lease, [textFile("boxes", "1,2"), textFile("text", "hello")]);
  assert.equal((await waiting).body.status, "completed");
  const result = await call(String(body.result));
  const files = result.body.files;
  assert.ok(Array.isArray(files) && files.length === 2);
  assert.equal((await call(files[1].file)).body.text, "hello");
  const missing = await call(`${body.task}/files/nothing`);
  assert.equal(missing.status, 404);
  assert.match(String(missing.body.text), /its files are: boxes, text/);
});

test("an answer says what it survives, and a task may ask for that", async (context) => {
  const { post } = await apiOn(context);
  assert.equal((await post({ type: "inpaint" })).body.ack, "durable");
  const orBetter = ["process", "durable"];
  for (const ack of ["accepted", "process"]) {
    const { body, status } = await post({ type: "inpaint", ack });
    assert.deepEqual([status, orBetter.includes(String(body.ack))], [202, true]);
  }
  const more = await post({ type: "inpaint", ack: "replicated" });
  assert.equal(more.status, 400);
  assert.match(JSON.stringify(more.body), /the store cannot give the acknowledgement/);
  const unknown = await post({ type: "inpaint", ack: "eternal" });
  assert.equal(unknown.status, 400);
  assert.match(JSON.stringify(unknown.body), /ack/);
});

test("files come beside the task in a form, too", async (context) => {
  const { call, worker } = await apiOn(context);
  const one = await worker("one");
  const form = new FormData();
  form.set("task", JSON.stringify({ type: "inpaint" }));
  form.set("image", new Blob(["i"]), "i.png");
  const { status, body } = await call("/api/v1/tasks", { method: "POST", body: form });
  assert.equal(status, 202);
  const lease = await one.next();
  assert.deepEqual(
    [lease.taskId, lease.model, lease.inputs[0]?.name],
    [body.taskId, "diffuse", "image"],
  );
});

test("a task that was kept for its time is gone, and no stranger; its key still tells its id", async (context) => {
  const { post, call, worker, complete, store } = await apiOn(context);
  await store.setQueue({ queue: "default", completedTtlMs: 1 });
  const one = await worker("one");
  const key = { "idempotency-key": "k" };
  const { body } = await post({ type: "inpaint" }, key);
  await complete("one", await one.next());
  for (let purged = 0; purged === 0; ) ({ purged } = await store.sweep(100));
  const again = await post({ type: "inpaint" }, key);
  assert.deepEqual([again.status, again.body.taskId], [200, body.taskId]);
  for (const path of [`${body.task}?wait=5`, `/api/v1/batches/${body.taskId}`]) {
    const answer = await call(path);
    assert.deepEqual([answer.status, answer.headers.get("x-troupe-code")], [410, "gone"], path);
  }
});

test("a key makes repetitions one task, and other content a conflict", async (context) => {
  const { post } = await apiOn(context);
  const key = { "idempotency-key": "once" };
  const first = await post({ type: "inpaint" }, key);
  const again = await post({ type: "inpaint", idempotencyKey: "once" });
  assert.deepEqual([again.status, again.body.taskId], [200, first.body.taskId]);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal((await post({ type: "inpaint", priority: 1 }, key)).status, 422);
  assert.equal((await post({ type: "inpaint", idempotencyKey: "other" }, key)).status, 400);
});

test("a graph of steps is one task, whose last step's files are its own", async (context) => {
  const { post, call, worker, complete } = await apiOn(context);
  const one = await worker("one", { models: ["finder", "diffuse"], slots: 2 });
  const steps = [
    { name: "find", type: "detect", model: "finder" },
    { name: "fill", type: "inpaint", model: "diffuse", inputs: [{ name: "mask", from: "find" }] },
  ];
  const { status, body } = await post({ steps, user: "ada" });
  assert.equal(status, 202);
  const find = await one.next();
  await complete("one", find, [textFile("mask", "m")]);
  const fill = await one.next();
  assert.deepEqual(
    fill.inputs.map(({ name }) => name),
    ["mask"],
  );
  await complete("one", fill, [textFile("image", "filled")]);
  assert.equal((await call(`${body.task}?wait=20`)).body.status, "completed");
  assert.equal((await call(`${body.task}/files/image`)).body.text, "filled");
  const children = await call(`/api/v1/tasks?user=ada&parent=${body.taskId}`);
  assert.equal(JSON.parse(JSON.stringify(children.body.tasks)).length, 2);
});

test("a list is a user's own, page by page, and who somebody is can be said by a proxy", async (context) => {
  const { post, call } = await apiOn(context);
  for (const user of ["ada", "bob", "ada", "ada"]) await post({ type: "inpaint", user });
  const names = (answer: { body: Answer }) => JSON.parse(JSON.stringify(answer.body.tasks));
  const first = await call("/api/v1/tasks?user=ada&limit=2&status=pending");
  assert.equal(names(first).length, 2);
  const rest = await call(`/api/v1/tasks?user=ada&limit=2&cursor=${first.body.next}`);
  assert.deepEqual([names(rest).length, rest.body.next], [1, null]);
  assert.equal((await call("/api/v1/tasks")).status, 400, "whose tasks?");
  for (const limit of [0, 1001]) {
    const refused = await call(`/api/v1/tasks?user=ada&limit=${limit}`);
    assert.equal(refused.status, 400);
    assert.match(JSON.stringify(refused.body), /write a whole number from 1 to 999/);
  }
  assert.equal((await call("/api/v1/tasks?user=ada&statsu=pending")).status, 400);
  const bob = { headers: { "x-troupe-user": "bob" } };
  assert.equal(names(await call("/api/v1/tasks", bob)).length, 1);
  assert.equal((await call("/api/v1/tasks?user=ada", bob)).status, 403);
  const [of] = names(first);
  assert.equal((await call(`/api/v1/tasks/${of.taskId}`, bob)).status, 404);
  assert.equal(
    (await call(`/api/v1/tasks/${of.taskId}`, { ...bob, method: "DELETE" })).status,
    404,
  );
  assert.equal((await post({ type: "inpaint", user: "ada" }, bob.headers)).status, 403);
});

test("a task is cancelled while it waits, asked to stop while it runs, and refused when it has ended", async (context) => {
  const { post, call, worker, complete } = await apiOn(context);
  const drop = (task: unknown, headers = {}) => call(String(task), { method: "DELETE", headers });
  const waiting = await post({ type: "inpaint" });
  assert.equal((await drop(waiting.body.task, { origin: "http://elsewhere" })).status, 403);
  const cancelled = await drop(`${waiting.body.task}?reason=typo`);
  assert.deepEqual([cancelled.status, cancelled.body.status], [200, "cancelled"]);
  const late = await drop(waiting.body.task);
  assert.deepEqual([late.status, late.headers.get("x-troupe-code")], [409, "decided"]);
  assert.equal(late.body.status, "cancelled");
  assert.match(String(late.body.text), /has ended before: cancelled/);
  const one = await worker("one");
  const running = await post({ type: "inpaint" });
  const lease = await one.next();
  assert.equal((await drop(`${running.body.task}?reason=enough`)).status, 202);
  assert.equal((await one.asked()).reason, "enough");
  await complete("one", lease);
  assert.equal((await drop("/api/v1/tasks/unknown")).status, 404);
});

test("a full queue answers 429 with when to come again, by its own pace", async (context) => {
  const plan = planOf("tight", { settings: { queue: "", pendingMax: 2 } });
  const { post, worker, complete, call } = await apiOn(context, [plan]);
  const task = { type: "inpaint", queue: "tight" };
  const one = await worker("one", { queues: ["tight"] });
  for (let count = 0; count < 5; count += 1) {
    await post(task);
    await complete("one", await one.next());
  }
  await post(task);
  await one.next();
  for (let count = 0; count < 2; count += 1) assert.equal((await post(task)).status, 202);
  const { status, headers, body } = await post(task);
  assert.deepEqual([status, headers.get("x-troupe-code")], [429, "queue_full"]);
  // Two wait, and five ended within the last ten seconds.
  const seconds = Number(headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 10, `${seconds}`);
  assert.match(String(body.text), /2 tasks wait already/);
  const form = new FormData();
  form.set("image", new Blob(["i"]), "i.png");
  form.set("mask", new Blob(["m"]), "m.png");
  const init = { method: "POST", body: form, headers: { prefer: "respond-async" } };
  const repair = await call("/inpaint", init);
  assert.deepEqual([repair.status, repair.headers.get("retry-after")], [429, String(seconds)]);
});

test("when to come again goes by the queue that refused, however full others are", async (context) => {
  const settings = { queue: "", pendingMax: 2 };
  const plans = [planOf("other", { settings }), planOf("tight", { settings })];
  const { post, worker, complete } = await apiOn(context, plans);
  const one = await worker("one", { queues: ["tight"] });
  const tight = { type: "inpaint", queue: "tight" };
  for (let count = 0; count < 5; count += 1) {
    await post(tight);
    await complete("one", await one.next());
  }
  await post(tight);
  await one.next();
  for (const queue of ["tight", "other"]) {
    for (let count = 0; count < 2; count += 1) await post({ type: "inpaint", queue });
  }
  const refused = await post(tight);
  assert.equal(refused.status, 429);
  // Two wait, and five ended within the last ten seconds; in the other none has.
  const seconds = Number(refused.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 8, `${seconds}`);
  const still = await post({ type: "inpaint", queue: "other" });
  assert.deepEqual([still.status, still.headers.get("retry-after")], [429, "10"]);
});

test("a queue that blocks lets a request wait, and answers 429 before its time is over", {
  timeout: 40_000,
}, async (context) => {
  const plan = planOf("tight", { settings: { queue: "", pendingMax: 1, whenFull: "block" } });
  const { post, queue, store, worker } = await apiOn(context, [plan]);
  const task = { type: "inpaint", queue: "tight" };
  await post(task);
  const refused = await post(task);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  assert.equal((await store.statistics()).total, 1, "who was refused left nothing");
  const waiting = post(task);
  while ((await queue.statistics()).blocked !== 1);
  await worker("one", { queues: ["tight"] });
  assert.equal((await waiting).status, 202);
});

test("more urgent tasks go first, and users of a fair queue take turns", async (context) => {
  const plan = planOf("fair", { settings: { queue: "", fairMs: 1_000 } });
  const { post, worker, complete } = await apiOn(context, [plan]);
  const ids: Record<string, unknown> = {};
  for (const [name, user] of [
    ["ada1", "ada"],
    ["ada2", "ada"],
    ["bob1", "bob"],
  ] as const) {
    ids[name] = (await post({ type: "inpaint", queue: "fair", user })).body.taskId;
  }
  const urgent = { type: "inpaint", queue: "fair", user: "bob", priority: 0 };
  ids.bob0 = (await post(urgent)).body.taskId;
  const one = await worker("one", { queues: ["fair"] });
  const order = [];
  for (let count = 0; count < 4; count += 1) {
    const lease = await one.next();
    order.push(lease.taskId);
    await complete("one", lease);
  }
  assert.deepEqual(order, [ids.bob0, ids.ada1, ids.bob1, ids.ada2]);
});

test("a gateway that drains takes no tasks and still tells of those that it took", async (context) => {
  const { post, call, gateway } = await apiOn(context);
  const { body } = await post({ type: "inpaint" });
  await gateway.drain();
  const refused = await post({ type: "inpaint" });
  assert.deepEqual([refused.status, refused.headers.has("retry-after")], [503, true]);
  assert.equal((await call(String(body.task))).status, 200);
});
