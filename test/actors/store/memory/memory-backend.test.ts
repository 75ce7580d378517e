import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreCommand } from "#actors/store/backend.ts";
import { MemoryBackend } from "#actors/store/memory/memory-backend.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { file, submission } from "../submissions.ts";

function newBackend() {
  let made = 0;
  let readings = 0;
  const backend = new MemoryBackend({
    nowMs: () => {
      readings += 1;
      return 1_000 + readings;
    },
    makeId: () => {
      made += 1;
      return `id-${made}`;
    },
  });
  return { backend, readings: () => readings };
}
type Call<M extends StoreCommand["method"]> = Extract<StoreCommand, { method: M }>;
const submit = (changes = {}): Call<"submit"> => ({
  method: "submit",
  args: [submission(changes)],
});
const claimOne: Call<"claim"> = {
  method: "claim",
  args: [{ node: "n", incarnation: 1, models: ["m"], max: 1 }],
};

test("calls of one turn are one batch, and each is answered for itself", async () => {
  const { backend, readings } = newBackend();
  const answers = await Promise.allSettled([
    backend.call(submit()),
    backend.call(submit({ priority: 10 })),
    backend.call(claimOne),
    backend.call({ method: "appendEvents", args: [[]] }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  assert.equal(readings(), 1);
  await backend.call({ method: "ping", args: [] });
  assert.equal(readings(), 2);
});

test("what the store was given and what it gives cannot be changed from outside", async () => {
  const { backend } = newBackend();
  const image = file("image", 3);
  await backend.call(submit({ inputs: [image] }));
  image.bytes.fill(9);
  const [lease] = await backend.call(claimOne);
  assert.ok(lease?.inputs[0]);
  assert.deepEqual([...lease.inputs[0].bytes], [0, 1, 2]);
  lease.inputs[0].bytes.fill(9);
  const { taskId, fence, epoch } = lease;
  await backend.call({ method: "release", args: [{ taskId, fence, epoch }] });
  const [again] = await backend.call(claimOne);
  assert.deepEqual([...(again?.inputs[0]?.bytes ?? [])], [0, 1, 2]);
});

test("too many calls at once are refused; the others are answered", async () => {
  const { backend } = newBackend();
  const call = () => backend.call({ method: "ping", args: [] });
  const answers = await Promise.allSettled(
    Array.from({ length: limits.mailboxMessagesMax + 1 }, call),
  );
  const refused = answers.filter((answer) => answer.status === "rejected");
  assert.equal(refused.length, 1);
  assert.equal(Failure.of(refused[0]?.reason).code, "mailbox_full");
  await call();
});

test("a store that closes answers what waits, and takes nothing any more", async () => {
  const { backend } = newBackend();
  const waiting = backend.call(submit());
  await backend.close();
  assert.equal((await waiting).kind, "created");
  await assert.rejects(backend.call(submit()), { code: "unavailable" });
  await backend.close();
});

const refusals: readonly StoreCommand[] = [
  { method: "sweep", args: [0] },
  { method: "sweep", args: [limits.storeBatchItemsMax + 1] },
  { method: "view", args: [""] },
  { method: "list", args: [{ limit: storeLimits.storePageMax + 1 }] },
  { method: "setQueue", args: [Object.assign({ queue: "q" }, { pending: 5 })] },
  { method: "setQueue", args: [{ queue: "q", agingMsPerLevel: -1 }] },
  { method: "cancel", args: [{ taskId: "t", reason: "x".repeat(1_025) }] },
  { method: "counts", args: ["x".repeat(65)] },
  { method: "readEvents", args: [{ channel: "c", afterSeq: -1, limit: 1 }] },
  { method: "result", args: [{ taskId: "t", position: 0.5 }] },
];
for (const refusal of refusals) {
  const text = JSON.stringify(refusal.args).slice(0, 60);
  test(`${refusal.method} ${text} is refused, and names what is wrong`, async () => {
    const { backend } = newBackend();
    const call = () => backend.call(refusal);
    await assert.rejects(call, { code: "invalid", message: new RegExp(refusal.method) });
    assert.deepEqual(await backend.call({ method: "check", args: [] }), { problems: [] });
  });
}
