// Who asks sees its own tasks, on every route that shows or makes some.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import { ErrorCounts } from "#actors/errors/error-counts.ts";
import { ErrorHandlerActor } from "#actors/errors/error-handler.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { textFile } from "../queue/queue-bench.ts";
import { leaseOf } from "../queue/queue-fixture.ts";
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

async function questionOn(context: TestContext) {
  const api = await apiOn(context);
  api.system.spawn(ConfirmationsActor, { name: "confirmations" });
  const one = await api.worker("one");
  const { body } = await api.post({ type: "inpaint", user: "bob" });
  const lease = leaseOf(await one.next());
  const people = await api.system.lookup(Confirmations, confirmationsName, 5_000);
  const terms = { step: 1, userId: "ada", stepResult: {}, onTimeout: "reject" } as const;
  const question = { ...terms, lease, expiresMs: 60_000, mode: "hold", checkpoint: null } as const;
  while ((await people.open({ userId: null, limit: 1 }).catch(() => null)) === null);
  const ask = (step: number) => people.question({ node: "one", question: { ...question, step } });
  const asked = await ask(1);
  assert.ok(asked.kind === "asked");
  const path = `/api/v1/confirmations/${asked.callbackId}`;
  const answer = (said: object, user?: string) => {
    const headers = { "content-type": "application/json", ...(user && { "x-troupe-user": user }) };
    return api.call(path, { method: "POST", headers, body: JSON.stringify(said) });
  };
  return { ...api, taskId: body.taskId, path, answer, people, ask };
}

test("a question that was put to another user is none, and nobody answers for somebody else", async (context) => {
  const { call, path, answer } = await questionOn(context);
  const list = "/api/v1/confirmations";
  const count = async (url: string, init: RequestInit = {}) => {
    const { body } = await call(url, init);
    return Array.isArray(body.confirmations) ? body.confirmations.length : body.text;
  };
  assert.deepEqual([await count(list), await count(list, as("ada"))], [1, 1]);
  assert.deepEqual([await count(list, as("eve")), await count(`${list}?user=eve`)], [0, 0]);
  assert.equal((await call(`${list}?user=ada`, as("eve"))).status, 403);
  assert.equal((await call(path, as("ada"))).status, 200);
  assert.equal((await call(path, as("eve"))).status, 404);
  assert.equal((await call(list, as("e".repeat(65)))).status, 400);
  const yes = { proceed: true };
  assert.equal((await answer({ ...yes, user: "ada" }, "eve")).status, 403);
  assert.equal((await answer({ ...yes, scope: "confirm:any" }, "ada")).status, 403);
  assert.equal((await answer(yes, "eve")).status, 404);
  assert.equal((await answer({ ...yes, user: "eve" })).status, 403);
  assert.equal((await answer(yes)).status, 400, "who answers?");
  assert.equal((await call(path)).body.decision, null);
  assert.equal((await answer(yes, "ada")).status, 200);
  const late = await answer(yes, "ada");
  assert.deepEqual([late.status, late.headers.get("x-troupe-code")], [409, "decided"]);
  assert.deepEqual([late.body.decision, late.body.proceed], ["proceed", true]);
  assert.match(String(late.body.text), /answered before: proceed/);
  assert.equal((await call(path)).body.decidedBy, "ada");
});

test("open questions are listed a page at a time, and words that mean nothing are refused", async (context) => {
  const { call, people, ask } = await questionOn(context);
  for (const step of [2, 3, 4]) await ask(step);
  const list = "/api/v1/confirmations";
  const steps: unknown[] = [];
  let pages = 0;
  for (let next: unknown = ""; next !== null; pages += 1) {
    const { body } = await call(`${list}?user=ada&limit=2${next === "" ? "" : `&cursor=${next}`}`);
    assert.ok(Array.isArray(body.confirmations) && pages < 4);
    steps.push(...body.confirmations.map(({ step }) => step));
    next = body.next;
  }
  assert.deepEqual([steps.toSorted(), pages], [[1, 2, 3, 4], 2]);
  assert.equal((await people.open({ userId: "ada", limit: 9 })).length, 4);
  for (const query of ["usr=ada", "foo=", "limit=0", "limit=1000", "cursor=soon", "user="]) {
    const { status, headers } = await call(`${list}?${query}`);
    assert.deepEqual([status, headers.get("x-troupe-code")], [400, "invalid"], query);
  }
});

test("the whole state shows who asks its own tasks alone", async (context) => {
  const { call, post, system } = await apiOn(context);
  system.spawn(StateManager, { mirror: null });
  for (const user of ["ada", "bob", "bob"]) await post({ type: "inpaint", user });
  const path = "/api/v1/state";
  while ((await call(path)).status !== 200);
  const owners = async (query: string, init: RequestInit = {}) => {
    const { status, body } = await call(`${path}${query}`, init);
    assert.equal(status, 200);
    assert.ok(Array.isArray(body.tasks));
    return body.tasks.map(({ userId }) => userId);
  };
  assert.deepEqual(await owners(""), ["ada", "bob", "bob"]);
  assert.deepEqual(await owners("", as("bob")), ["bob", "bob"]);
  assert.deepEqual(await owners("", as("eve")), []);
});

test("nobody sees a poison task of another user, or has it submitted anew", async (context) => {
  const { call, post, store, system } = await apiOn(context);
  const { body } = await post({ type: "inpaint", user: "ada" });
  const of = { type: "inpaint", model: "diffuse", queue: "default", node: null, why: "test" };
  const poison = [{ ...of, taskId: String(body.taskId), at: 1 }];
  await store.keepErrors({ seq: 0, missed: 0, groups: [], forgotten: [], poison });
  system.spawn(ErrorHandlerActor, { counts: new ErrorCounts() }, { name: "error-handler" });
  const poisoned = async (user: string) => {
    for (;;) {
      const { status, body } = await call("/api/v1/poison", as(user));
      if (status === 200) return Array.isArray(body.tasks) ? body.tasks.length : undefined;
    }
  };
  assert.deepEqual([await poisoned("ada"), await poisoned("eve")], [1, 0]);
  assert.equal((await call(String(body.task), { method: "DELETE" })).status, 200);
  const retry = async (user: string) => {
    const headers = { "content-type": "application/json", "x-troupe-user": user };
    const order = { method: "POST", headers, body: JSON.stringify({ by: user }) };
    const path = `/api/v1/retry/${body.taskId}`;
    for (;;) {
      const { status } = await call(path, order);
      if (status !== 503) return status;
    }
  };
  assert.equal(await retry("eve"), 404);
  assert.equal(await retry("ada"), 201);
});
