import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore, file, leaseMs, submission } from "./store-fixture.ts";

test("a submitted task comes back with its parameters and files, byte for byte", (t) => {
  const store = createStore(t);
  const inputs = [file("image", 300_000), file("mask", 0), file("extra", 1)];
  const taskId = store.submit({
    inputs,
    parameters: { prompt: "Ünï", n: 1.5, on: true, no: null },
  });
  const lease = store.claimOne();
  assert.equal(lease.taskId, taskId);
  assert.equal(lease.attempt, 1);
  assert.equal(lease.leaseMs, leaseMs);
  assert.deepEqual(lease.parameters, { prompt: "Ünï", n: 1.5, on: true, no: null });
  assert.deepEqual(
    lease.inputs.map(({ name, contentType, bytes }) => ({ name, contentType, bytes: [...bytes] })),
    inputs.map(({ name, contentType, bytes }) => ({ name, contentType, bytes: [...bytes] })),
  );
});

test("the same idempotency key with the same content answers the first task", (t) => {
  const store = createStore(t);
  const changes = { idempotencyKey: "k", inputs: [file("image", 10)] };
  const first = store.call({ method: "submit", args: [submission(changes)] });
  const reordered = { ...changes, parameters: { mode: "fast", seed: 7 } };
  const again = store.call({ method: "submit", args: [submission(reordered)] });
  assert.deepEqual(first, { kind: "created", taskId: "task-1" });
  assert.deepEqual(again, { kind: "replayed", taskId: "task-1" });
  assert.equal(store.counts().pending, 1);
});

for (const [what, changes] of [
  ["type", { type: "other" }],
  ["model", { model: "other" }],
  ["parameters", { parameters: { seed: 8, mode: "fast" } }],
  ["an input's bytes", { inputs: [file("image", 10, 2)] }],
  ["an input's name", { inputs: [file("picture", 10)] }],
] as const) {
  test(`the same idempotency key with another ${what} is a conflict and stores nothing`, (t) => {
    const store = createStore(t);
    const first = { idempotencyKey: "k", inputs: [file("image", 10)] };
    store.submit(first);
    const other = submission({ ...first, ...changes });
    const result = store.call({ method: "submit", args: [other] });
    assert.deepEqual(result, { kind: "conflict", taskId: "task-1" });
    assert.equal(store.counts().pending, 1);
  });
}

test("a key still answers after its task has ended, and after the store was opened anew", (t) => {
  const store = createStore(t);
  store.submit({ idempotencyKey: "k" });
  store.complete(store.claimOne());
  store.reopen();
  const again = store.call({ method: "submit", args: [submission({ idempotencyKey: "k" })] });
  assert.deepEqual(again, { kind: "replayed", taskId: "task-1" });
});

test("a full store answers with what waits, keeps nothing, and takes tasks again later", (t) => {
  const store = createStore(t, { waitingMax: 2 });
  store.submit({ idempotencyKey: "k" });
  store.submit();
  const refused = store.call({ method: "submit", args: [submission({ idempotencyKey: "z" })] });
  assert.deepEqual(refused, { kind: "full", pending: 2 });
  const known = store.call({ method: "submit", args: [submission({ idempotencyKey: "k" })] });
  assert.equal(known.kind, "replayed");
  store.claimOne();
  assert.equal(
    store.call({ method: "submit", args: [submission({ idempotencyKey: "z" })] }).kind,
    "created",
  );
});

test("bytes that wait are limited too, and tasks that wait for a retry count", (t) => {
  const store = createStore(t, { waitingBytesMax: 1_000 });
  store.submit({ inputs: [file("image", 900)] });
  const large = submission({ inputs: [file("image", 100)] });
  assert.equal(store.call({ method: "submit", args: [large] }).kind, "full");
  const lease = store.claimOne();
  assert.equal(store.counts().pendingBytes, 0);
  store.fail(lease, true);
  assert.ok(store.counts().pendingBytes > 900);
  assert.equal(store.call({ method: "submit", args: [large] }).kind, "full");
});

test("a task that cannot be stored is refused alone; the rest of its batch is kept", (t) => {
  const store = createStore(t);
  const answers = store.store.run(
    [
      { method: "submit", args: [submission()] },
      { method: "submit", args: [submission({ priority: 10, idempotencyKey: "bad" })] },
      { method: "submit", args: [submission()] },
    ],
    store.nowMs,
  );
  assert.deepEqual(
    answers.map((answer) => answer.kind),
    ["done", "failed", "done"],
  );
  assert.equal(store.counts().pending, 2);
  assert.equal(
    store.call({ method: "submit", args: [submission({ idempotencyKey: "bad" })] }).kind,
    "created",
  );
  assert.deepEqual(store.problems(), []);
});

test("texts that UTF-8 or C handle badly are stored without being taken for damage", (t) => {
  const store = createStore(t);
  const odd = "half \ud83d pair, nul \u0000, end";
  const parameters = { prompt: odd, ["__proto__"]: "plain" };
  const taskId = store.submit({ type: odd, parameters, inputs: [{ ...file("x", 1), name: odd }] });
  const lease = store.claimOne();
  assert.equal(lease.parameters.prompt, odd);
  assert.ok(Object.hasOwn(lease.parameters, "__proto__"));
  assert.equal(lease.inputs[0]?.name, odd.replace("\ud83d", "\ufffd"));
  const failure = { code: "model_failed", detail: odd, isRetryable: false };
  store.call({ method: "fail", args: [{ lease, failure }] });
  const outcome = store.outcome(taskId);
  assert.ok(outcome?.status === "failed" && outcome.detail.endsWith("end"));
  assert.deepEqual(store.problems(), []);
});
