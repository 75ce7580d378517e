// Tasks that no worker can be told of: each fails, once and for good, and those beside it are handed over.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { AttemptDesk } from "#actors/queue/attempt-desk.ts";
import { NodeStandings } from "#actors/queue/node-standings.ts";
import { StoreDoor } from "#actors/queue/store-door.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";

const lease: TaskLease = {
  ...{
    taskId: "t",
    fence: 3,
    epoch: "e",
    attempt: 1,
    type: "echo",
    model: "own",
    queue: "default",
  },
  ...{ parameters: {}, inputs: [], leaseMs: 15_000, timeoutMs: null, checkpoint: null },
  confirmations: [],
};

/** What the store is told, and what becomes of the attempt. */
function desk(context: TestContext) {
  const told: unknown[] = [];
  const door = new StoreDoor();
  context.mock.method(door, "ask", (question: (store: object) => unknown) =>
    Promise.resolve(
      question({
        fail: async (report: unknown) => {
          told.push(report);
          return { kind: "ended", status: "failed" };
        },
      }),
    ),
  );
  const sent: string[] = [];
  const ctx = {
    send: (method: string, ..._: readonly unknown[]) => void sent.push(method),
    log: () => {},
  };
  const attempts = new AttemptDesk({
    store: door,
    standings: new NodeStandings(),
    completed: () => {},
    sweeps: { dueAt: () => {} },
  });
  return { attempts, ctx, told, sent };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a lease that cannot be sent has failed, and its slot is free", async (context) => {
  const { attempts, ctx, told, sent } = desk(context);
  const run = (): never => {
    throw new Failure("invalid", "argument 1 of run is a function");
  };
  attempts.handOver(ctx, { node: "w", ref: { run } }, lease);
  await settled();
  const detail = "argument 1 of run is a function";
  const failure = { code: "invalid", detail, class: "validation" };
  assert.deepEqual(told, [{ lease: { taskId: "t", fence: 3, epoch: "e" }, failure }]);
  assert.deepEqual(sent, ["ending", "finished"]);
});

test("more answers than fit into a message are no reason to lose a lease", async (context) => {
  const { attempts, ctx, told } = desk(context);
  const handed: TaskLease[] = [];
  const ref = { run: (one: TaskLease) => void handed.push(one) };
  const answer = (step: number) =>
    ({ step, decision: "proceed", feedback: "€".repeat(16_000) }) as const;
  const answers = Array.from({ length: 64 }, (_, step) => answer(step));
  attempts.handOver(ctx, { node: "w", ref }, { ...lease, confirmations: answers });
  attempts.handOver(ctx, { node: "w", ref }, { ...lease, confirmations: answers.slice(0, 16) });
  await settled();
  assert.deepEqual(
    handed.map(({ confirmations }) => confirmations.length),
    [16],
  );
  assert.match(
    JSON.stringify(told),
    /too_large.*3072000 bytes of parameters and of answers to its questions, at most 838860;/,
  );
});
