// Who asks sees its own tasks, on every route that shows or makes some.
import assert from "node:assert/strict";
import { test } from "node:test";
import { textFile } from "../queue/queue-bench.ts";
import { apiOn } from "./api-bench.ts";

const as = (user: string): RequestInit => ({ headers: { "x-troupe-user": user } });

test("a task of another user is none, on the routes of repairs, too", async (context) => {
  const { call, post } = await apiOn(context);
  const { body } = await post({ type: "inpaint", user: "ada" });
  for (const root of ["/api/tasks", "/api/v1/tasks"]) {
    assert.equal((await call(`${root}/${body.taskId}`, as("ada"))).status, 200);
    assert.equal((await call(`${root}/${body.taskId}`)).status, 200);
    assert.equal((await call(`${root}/${body.taskId}`, as("eve"))).status, 404);
    assert.equal((await call(`${root}/${body.taskId}/result`, as("eve"))).status, 404);
  }
});

test("a repair belongs to who asks for it", async (context) => {
  const { call, store } = await apiOn(context);
  const body = new FormData();
  for (const name of ["image", "mask"]) body.set(name, new Blob(["x"]), `${name}.png`);
  const headers = { "x-troupe-user": "ada", prefer: "respond-async", "idempotency-key": "one" };
  const form = { ldmSteps: 25, ldmSampler: "plms", hdStrategy: "Original" };
  for (const [name, value] of Object.entries(form)) body.set(name, String(value));
  const answer = await call("/inpaint", { method: "POST", body, headers });
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  assert.equal((await store.view(String(answer.body.taskId)))?.userId, "ada");
});

test("nobody has a task belong to another user's", async (context) => {
  const { post } = await apiOn(context);
  const { body: parent } = await post({ type: "inpaint", user: "ada" });
  const child = { type: "inpaint", parentId: parent.taskId };
  const refused = await post(child, { "x-troupe-user": "eve" });
  assert.equal(refused.status, 403);
  assert.match(String(refused.body.text), /"eve" has no task/);
  assert.equal((await post(child, { "x-troupe-user": "ada" })).status, 202);
});

test("a file of a result is fetched by its link, whatever its name", async (context) => {
  const { call, post, worker, complete } = await apiOn(context);
  const one = await worker("one");
  const { body } = await post({ type: "inpaint" });
  await complete("one", await one.next(), [textFile("masks/left 100%.txt", "mask")]);
  const { body: result } = await call(`${body.result}?wait=20`);
  const [file] = Array.isArray(result.files) ? result.files : [];
  assert.equal((await call(file.file)).body.text, "mask");
});
