// Group J: questions to people. Who may answer, whose answer counts, and what becomes of the task.
import assert from "node:assert/strict";
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { refOf } from "./task-samples.ts";

const question = (
  lease: TaskLease,
  differences: Partial<ConfirmationRequest> = {},
): ConfirmationRequest => ({
  ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: { score: 0.4 } },
  ...{ expiresMs: 60_000, onTimeout: "proceed", mode: "park", checkpoint: null },
  ...differences,
});

async function asked(
  store: ContractStore,
  lease: TaskLease,
  differences: Partial<ConfirmationRequest> = {},
): Promise<string> {
  const result = await store.confirmRequest(question(lease, differences));
  assert.ok(result.kind === "asked", `the question was answered ${JSON.stringify(result)}`);
  return result.callbackId;
}

const yes = (callbackId: string, userId: string | null = "ada") =>
  ({ callbackId, userId, decision: "proceed", feedback: null }) as const;

export function confirmationPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "confirmations");

  promise("who parks gives the lease up while the task waits", async (store) => {
    const lease = await store.running();
    await asked(store, lease);
    const view = await store.seen(lease.taskId);
    assert.deepEqual([view.status, view.assignedNode], ["waiting_confirmation", null]);
    assert.deepEqual(await store.claimed(), []);
    const beat = { node: "worker-1", leases: [refOf(lease)], leaseMs: 15_000 };
    assert.deepEqual((await store.heartbeat(beat)).lost, [refOf(lease)]);
    assert.deepEqual(await store.complete(lease), { kind: "lost" });
    await store.passAndSweep(30_000);
    assert.equal(await store.status(lease.taskId), "waiting_confirmation");
  });

  for (const decision of ["proceed", "reject"] as const) {
    promise(
      `an answer to ${decision} goes to the next attempt, with the checkpoint`,
      async (store) => {
        const lease = await store.running({ maxRetries: 0 });
        const checkpoint = Uint8Array.of(4, 5, 6);
        const callbackId = await asked(store, lease, { step: 2, checkpoint });
        const answer = { callbackId, userId: "ada", decision, feedback: "as you like" };
        assert.deepEqual(await store.confirmAnswer(answer), { kind: "answered" });
        const next = await store.leased();
        assert.deepEqual(next.confirmations, [{ step: 2, decision, feedback: "as you like" }]);
        assert.deepEqual(Buffer.from(next.checkpoint ?? []), Buffer.from(checkpoint));
        const view = await store.seen(lease.taskId);
        assert.deepEqual([view.retryCount, view.lostLeases], [0, 0]);
        assert.equal((await store.complete(next)).kind, "committed");
      },
    );
  }

  promise("who holds keeps the lease, and goes on with it", async (store) => {
    const lease = await store.running();
    const callbackId = await asked(store, lease, { mode: "hold" });
    assert.equal(await store.status(lease.taskId), "running");
    const beat = { node: "worker-1", leases: [refOf(lease)], leaseMs: 15_000 };
    assert.deepEqual((await store.heartbeat(beat)).lost, []);
    assert.deepEqual(await store.confirmAnswer(yes(callbackId)), { kind: "answered" });
    assert.equal(await store.status(lease.taskId), "running");
    const expected = ["submitted", "running", "confirmation_requested", "confirmed"];
    assert.deepEqual(await store.eventTypes(`task:${lease.taskId}`), expected);
    assert.equal((await store.complete(lease)).kind, "committed");
  });

  promise("asking the same step again answers with the first question", async (store) => {
    const lease = await store.running();
    const first = await asked(store, lease, { mode: "hold" });
    assert.equal(await asked(store, lease, { mode: "hold" }), first);
    assert.notEqual(await asked(store, lease, { mode: "hold", step: 2 }), first);
    assert.equal((await store.confirmations(null)).length, 2);
  });

  promise("only who was asked may answer, or one who may for anybody", async (store) => {
    const lease = await store.running({ userId: "ada" });
    const one = await asked(store, lease, { mode: "hold", userId: "eve" });
    const two = await asked(store, lease, { mode: "hold", userId: "eve", step: 2 });
    assert.deepEqual(await store.confirmAnswer(yes(one, "ada")), { kind: "forbidden" });
    assert.deepEqual(await store.confirmAnswer(yes(one, "eve")), { kind: "answered" });
    assert.deepEqual(await store.confirmAnswer(yes(two, null)), { kind: "answered" });
  });

  promise("who had a question before another hears that it is withdrawn", async (store) => {
    const lease = await store.running();
    const callbackId = await asked(store, lease, { mode: "hold", userId: "ada" });
    assert.equal(await asked(store, lease, { mode: "hold", userId: "eve" }), callbackId);
    const heard = ["confirmation_requested", "confirmation_withdrawn"];
    assert.deepEqual(await store.eventTypes("user:ada"), heard);
    assert.deepEqual(await store.eventTypes("user:eve"), ["confirmation_requested"]);
    assert.deepEqual(await store.confirmAnswer(yes(callbackId, "ada")), { kind: "forbidden" });
  });

  promise("the first answer counts, and the second hears it", async (store) => {
    const lease = await store.running();
    const callbackId = await asked(store, lease);
    const no = { callbackId, userId: "ada", decision: "reject", feedback: "no" } as const;
    assert.deepEqual(await store.confirmAnswer(no), { kind: "answered" });
    const decided = { kind: "decided", decision: "reject" };
    assert.deepEqual(await store.confirmAnswer(yes(callbackId)), decided);
    assert.deepEqual(await store.confirmAnswer(no), decided);
    const next = await store.leased();
    assert.deepEqual(next.confirmations, [{ step: 1, decision: "reject", feedback: "no" }]);
  });

  promise("of two answers at once exactly one counts", async (store) => {
    const lease = await store.running();
    const callbackId = await asked(store, lease);
    const no = { callbackId, userId: null, decision: "reject", feedback: null } as const;
    const kinds = await Promise.all([
      store.confirmAnswer(yes(callbackId)),
      store.confirmAnswer(no),
    ]);
    assert.deepEqual(kinds.map(({ kind }) => kind).toSorted(), ["answered", "decided"]);
  });

  promise("an answer to nothing, and to an ended task, is told so", async (store) => {
    assert.deepEqual(await store.confirmAnswer(yes("unknown")), { kind: "not_found" });
    const lease = await store.running();
    const callbackId = await asked(store, lease);
    await store.cancel(lease.taskId);
    const answer = await store.confirmAnswer(yes(callbackId));
    assert.deepEqual(answer, { kind: "decided", decision: "ended" });
    assert.equal(await store.status(lease.taskId), "cancelled");
  });

  expiryPromises(fixture);
  openPromises(fixture);
}

function expiryPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "confirmations");

  for (const onTimeout of ["proceed", "reject"] as const) {
    promise(`an unanswered question goes on to ${onTimeout} after its time`, async (store) => {
      const lease = await store.running();
      const callbackId = await asked(store, lease, { onTimeout, expiresMs: 20_000 });
      await store.passAndSweep(19_000);
      assert.equal(await store.status(lease.taskId), "waiting_confirmation");
      await store.passAndSweep(1_000);
      const decision = `timeout_${onTimeout}`;
      assert.deepEqual(await store.confirmAnswer(yes(callbackId)), { kind: "decided", decision });
      const next = await store.leased();
      assert.deepEqual(next.confirmations, [{ step: 1, decision, feedback: null }]);
    });
  }

  for (const what of ["waits", "was lost", "was lost and runs again"]) {
    promise(`an unanswered question that is to fail ends a task that ${what}`, async (store) => {
      const lease = await store.running();
      const mode = what === "waits" ? "park" : "hold";
      await asked(store, lease, { mode, onTimeout: "fail", expiresMs: 20_000 });
      await store.passAndSweep(15_100);
      if (what.endsWith("again")) await store.leased();
      assert.deepEqual(await store.passAndSweep(5_000), [lease.taskId]);
      const view = await store.seen(lease.taskId);
      assert.deepEqual([view.status, view.errorCode], ["failed", "CONFIRMATION_TIMEOUT"]);
    });
  }

  promise("who holds goes on when nobody answered in time", async (store) => {
    const lease = await store.running();
    const differences = { mode: "hold", expiresMs: 10_000, onTimeout: "reject" } as const;
    const callbackId = await asked(store, lease, differences);
    await store.passAndSweep(10_500);
    assert.equal(await store.status(lease.taskId), "running");
    const decided = { kind: "decided", decision: "timeout_reject" };
    assert.deepEqual(await store.confirmAnswer(yes(callbackId)), decided);
    assert.equal((await store.complete(lease)).kind, "committed");
  });

  promise("a question keeps its time when the store is opened again", async (store) => {
    const lease = await store.running();
    const callbackId = await asked(store, lease, { expiresMs: 20_000, onTimeout: "reject" });
    await store.reopen();
    assert.equal((await store.confirmations("ada"))[0]?.callbackId, callbackId);
    await store.passAndSweep(20_500);
    assert.equal(await store.status(lease.taskId), "pending");
  });
}

function openPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "confirmations");

  promise("open questions are listed for who was asked, and for all", async (store) => {
    const lease = await store.running();
    const ada = await asked(store, lease, { mode: "hold", expiresMs: 30_000 });
    const bob = await asked(store, lease, { mode: "hold", step: 2, userId: "bob" });
    const ids = async (userId: string | null, limit = 10) =>
      (await store.confirmations(userId, limit)).map(({ callbackId }) => callbackId);
    assert.deepEqual(await ids("ada"), [ada]);
    assert.deepEqual(await ids("bob"), [bob]);
    assert.deepEqual((await ids(null)).toSorted(), [ada, bob].toSorted());
    assert.equal((await ids(null, 1)).length, 1);
    const [open] = await store.confirmations("ada");
    assert.deepEqual(
      [open?.taskId, open?.step, open?.stepResult, open?.onTimeout, open?.mode],
      [lease.taskId, 1, { score: 0.4 }, "proceed", "hold"],
    );
    assert.ok(open && open.expiresAt - open.createdAt === 30_000);
    await store.confirmAnswer(yes(ada));
    assert.deepEqual(await ids(null), [bob]);
  });

  promise("open questions come in the order in which they were asked", async (store) => {
    const lease = await store.running();
    const ids: string[] = [];
    for (const [step, expiresMs] of [50_000, 20_000, 40_000, 30_000].entries()) {
      ids.push(await asked(store, lease, { mode: "hold", step, expiresMs }));
      await store.pass(10);
    }
    for (const userId of ["ada", null]) {
      const open = await store.confirmations(userId);
      assert.deepEqual(
        open.map(({ callbackId }) => callbackId),
        ids,
      );
    }
    assert.equal((await store.confirmations(null, 1))[0]?.callbackId, ids[0]);
  });

  promise("a page of open questions goes on behind the last, also when answered", async (store) => {
    const lease = await store.running();
    for (const step of [1, 2, 3, 4, 5, 6]) {
      await asked(store, lease, { mode: "hold", step });
      if (step === 4) await store.pass(10);
    }
    const all = await store.confirmations("ada");
    const seen = all.slice(0, 1);
    for (let after = all[0]; after; ) {
      await store.confirmAnswer(yes(after.callbackId));
      const page = await store.confirmations("ada", 2, after);
      seen.push(...page);
      after = page.at(-1);
    }
    assert.deepEqual([seen.length, seen], [6, all]);
  });

  promise("a later attempt asks the same question on its own terms", async (store) => {
    const first = await store.running();
    const callbackId = await asked(store, first, { mode: "hold", expiresMs: 600_000 });
    await store.passAndSweep(15_100);
    const terms = { userId: "bob", stepResult: { score: 0.9 }, onTimeout: "reject" } as const;
    const again = await asked(store, await store.leased(), { ...terms, expiresMs: 20_000 });
    assert.equal(again, callbackId);
    assert.deepEqual(await store.confirmations("ada"), []);
    const [open] = await store.confirmations("bob");
    assert.deepEqual(
      [open?.stepResult, open?.onTimeout, open?.mode],
      [{ score: 0.9 }, "reject", "park"],
    );
    await store.passAndSweep(20_000);
    const { confirmations } = await store.leased();
    assert.deepEqual(confirmations, [{ step: 1, decision: "timeout_reject", feedback: null }]);
  });

  promise("a question of an ended task is open no more", async (store) => {
    const lease = await store.running();
    await asked(store, lease, { mode: "hold" });
    await store.complete(lease);
    assert.deepEqual(await store.confirmations(null), []);
    await store.passAndSweep(120_000);
    assert.equal(await store.status(lease.taskId), "completed");
  });

  promise("a holder that lost its lease leaves the answer to the next attempt", async (store) => {
    const lease = await store.running();
    const callbackId = await asked(store, lease, { mode: "hold", expiresMs: 600_000 });
    await store.passAndSweep(15_100);
    assert.deepEqual(await store.confirmAnswer(yes(callbackId)), { kind: "answered" });
    assert.equal(await store.status(lease.taskId), "pending");
    const next = await store.leased();
    assert.deepEqual(next.confirmations, [{ step: 1, decision: "proceed", feedback: null }]);
  });

  promise("answers of all steps go with every later attempt", async (store) => {
    let lease = await store.running();
    for (const step of [1, 2, 3]) {
      const callbackId = await asked(store, lease, { step });
      await store.confirmAnswer(yes(callbackId));
      lease = await store.leased();
      assert.deepEqual(
        lease.confirmations.map((one) => one.step),
        [1, 2, 3].slice(0, step),
      );
    }
  });
}
