// Tasks over HTTP that cannot be taken: what is wrong with them is said in the client's own words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../queue/queue-bench.ts";
import { apiOn } from "./api-bench.ts";

const refusals: readonly (readonly [string, unknown, RegExp])[] = [
  ["no JSON", "{", /no JSON/],
  ["no type", {}, /"type", or its "steps"/],
  ["no model", { type: "other" }, /"model" for "other"/],
  ["an unknown key", { type: "inpaint", prio: 1 }, /prio is not known; leave it out/],
  ["an unknown demand", { type: "t", model: "m", machine: { memory: 1 } }, /memory is not known/],
  [
    "an unknown word of retries",
    { type: "t", retry: { baseMs: 1, factor: 1, capMs: 1, jitter: "none", tries: 1 } },
    /retry.tries is not known; leave it out/,
  ],
  [
    "a step in a queue that is none",
    { steps: [{ name: "a", type: "t", model: "m", queue: "nowhere" }] },
    /no queue "nowhere"; name one of/,
  ],
  [
    "a beginning that nobody will see",
    { type: "inpaint", runAt: 1e15 },
    /runAt is 1000000000000000, more than 400 days from now/,
  ],
  ["a priority that is none", { type: "inpaint", priority: 10 }, /priority must be <= 9/],
  ["a time that is none", { type: "inpaint", timeoutMs: 0 }, /timeoutMs must be >= 1/],
  [
    "a parameter that is a map",
    { type: "inpaint", parameters: { a: { b: 1 } } },
    /parameters.a is {"b":1}; it may be a string, a number, a boolean or null/,
  ],
  [
    "bytes that are no base64",
    { type: "inpaint", inputs: [{ name: "a", base64: "%%%%" }] },
    /"a" is no base64/,
  ],
  [
    "a queue that is none",
    { type: "inpaint", queue: "nowhere" },
    /no queue "nowhere"; name one of/,
  ],
  [
    "steps that wait for one another",
    { steps: [{ name: "a", type: "t", model: "m", after: ["a"] }] },
    /wait for one another/,
  ],
  [
    "a type beside steps",
    { type: "inpaint", steps: [{ name: "a", type: "t", model: "m" }] },
    /leave one out/,
  ],
  [
    "a machine that is none",
    { type: "inpaint", machine: { cores: 0 } },
    /machine.cores must be >= 1/,
  ],
];

test("what cannot be taken is refused with what is wrong, and nothing is stored", async (context) => {
  const { post, call, store } = await apiOn(context, [planOf("some")]);
  for (const [what, task, text] of refusals) {
    const { status, body, headers } = await post(task);
    assert.deepEqual([status, headers.get("x-troupe-code")], [400, "invalid"], what);
    assert.match(String(body.text), text, what);
  }
  const plain = { method: "POST", body: "{}", headers: { "content-type": "text/plain" } };
  assert.equal((await call("/api/v1/tasks", plain)).status, 400);
  const long = await post({ type: "inpaint" }, { "idempotency-key": "k".repeat(201) });
  assert.equal(long.status, 400);
  assert.equal((await call("/api/v1/tasks", { method: "PUT" })).status, 405);
  assert.equal((await call("/api/v1/tasks/x?wait=1")).status, 404);
  assert.equal((await store.statistics()).total, 0);
});
