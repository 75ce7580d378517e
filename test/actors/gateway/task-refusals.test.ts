// Tasks over HTTP that cannot be taken: what is wrong with them is said in the client's own words.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActorTree } from "#runtime/core/inspection.ts";
import { planOf } from "../queue/queue-bench.ts";
import { apiOn } from "./api-bench.ts";

/** Each is small enough. */
const texts = Object.fromEntries(
  Array.from({ length: 18 }, (_, index) => [`p${index}`, "x".repeat(15_000)]),
);

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
  [
    "a beginning behind its end",
    { type: "inpaint", runAt: Date.now() + 3_600_000, deadlineMs: 1_000 },
    /runAt is \d+ ms from now, and deadlineMs is 1000, so that it would be over before it begins/,
  ],
  [
    "a parameter whose name cannot travel",
    { type: "inpaint", parameters: { ["__proto__"]: 1 } },
    /parameters have the name __proto__, which is reserved/,
  ],
  [
    "a name in metadata that is too long",
    { type: "inpaint", metadata: { ["n".repeat(65)]: 1 } },
    /metadata have a name of 65 characters, at most 64: nnn/,
  ],
  [
    "more parameters than a worker can be told",
    { type: "inpaint", parameters: texts },
    /parameters have 2700\d\d bytes, at most 262144 together: send what is large as a file/,
  ],
  [
    "a step's parameter whose name cannot travel",
    { steps: [{ name: "a", type: "t", model: "m", parameters: { ["__proto__"]: 1 } }] },
    /parameters have the name __proto__, which is reserved/,
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

const restartsIn = ({ restarts, children }: ActorTree): number =>
  children.reduce((sum, child) => sum + restartsIn(child), restarts);

test("a queue that wants keys takes none that was made up on the way", async (context) => {
  const keyed = planOf("keyed", { settings: { queue: "keyed", isKeyRequired: true } });
  const { call } = await apiOn(context, [keyed]);
  const submit = (headers: Record<string, string>) =>
    call("/api/v1/tasks", {
      method: "POST",
      body: JSON.stringify({ type: "echo", model: "own" }),
      headers: { "content-type": "application/json", ...headers },
    });
  const refused = await submit({});
  assert.deepEqual([refused.status, refused.headers.get("x-troupe-code")], [400, "invalid"]);
  assert.match(String(refused.body.text), /"keyed" takes no submission .* header Idempotency-Key/);
  assert.equal((await submit({ "idempotency-key": "mine" })).status, 202);
  assert.equal((await submit({ "idempotency-key": "mine" })).status, 200);
});

test("what is larger than its queue is told so, and not to come again", async (context) => {
  const small = planOf("small", { settings: { queue: "small", pendingBytesMax: 1_000 } });
  const { post } = await apiOn(context, [small]);
  const inputs = [{ name: "a", base64: Buffer.alloc(2_000).toString("base64") }];
  const { status, body, headers } = await post({ type: "echo", model: "own", inputs });
  assert.deepEqual([status, headers.get("retry-after")], [413, null]);
  assert.match(String(body.text), /20\d\d bytes of parameters and files, .* "small" holds 1000/);
});

test("what cannot be taken is refused with what is wrong, and nothing is stored", async (context) => {
  const { post, call, store, system } = await apiOn(context, [planOf("some")]);
  for (const [what, task, text] of refusals) {
    const { status, body, headers } = await post(task);
    assert.deepEqual([status, headers.get("x-troupe-code")], [400, "invalid"], what);
    assert.match(String(body.text), text, what);
  }
  const plain = { method: "POST", body: "{}", headers: { "content-type": "text/plain" } };
  assert.equal((await call("/api/v1/tasks", plain)).status, 400);
  const long = await post({ type: "inpaint" }, { "idempotency-key": "k".repeat(201) });
  assert.equal(long.status, 400);
  const put = await call("/api/v1/tasks", { method: "PUT" });
  assert.deepEqual([put.status, put.headers.get("x-troupe-code")], [405, "invalid"]);
  assert.equal((await call("/api/v1/tasks/x?wait=1")).status, 404);
  assert.equal((await store.statistics()).total, 0);
  assert.equal(restartsIn(system.inspect()), 0, "nobody crashes of what it refuses");
});
