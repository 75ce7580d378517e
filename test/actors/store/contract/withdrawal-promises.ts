// Group J, too: what becomes of a question whose task ends without an answer.
import assert from "node:assert/strict";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { refOf } from "./task-samples.ts";

export function withdrawalPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "withdrawn questions");

  for (const mode of ["park", "hold"] as const) {
    promise(`who was asked by a task that ends hears so (${mode})`, async (store) => {
      const lease = await store.running({ userId: "ada" });
      const { taskId } = lease;
      const question = { step: 1, userId: "bob", stepResult: {}, expiresMs: 60_000, mode };
      const terms = { ...question, onTimeout: "proceed", checkpoint: null } as const;
      const asked = await store.confirmRequest({ lease: refOf(lease), ...terms });
      assert.ok(asked.kind === "asked");
      if (mode === "park") await store.cancel(taskId);
      else await store.complete(lease);
      const { events } = await store.readEvents("user:bob");
      const [, withdrawn] = events;
      assert.deepEqual(
        events.map(({ type }) => type),
        ["confirmation_requested", "confirmation_withdrawn"],
      );
      assert.equal(withdrawn?.payload.callbackId, asked.callbackId);
      assert.deepEqual(await store.confirmations("bob"), []);
      const { callbackId } = asked;
      const answer = { callbackId, userId: "bob", decision: "proceed", feedback: null } as const;
      assert.deepEqual(await store.confirmAnswer(answer), { kind: "decided", decision: "ended" });
    });
  }
}
