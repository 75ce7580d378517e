import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QueueClient } from "#actors/gateway/queue-client.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskOutcome, TaskSubmission } from "#protocols/tasks/task.ts";

const done: TaskOutcome = {
  status: "completed",
  taskId: "t1",
  node: "w",
  attempt: 1,
  queueMs: 1,
  runMs: 1,
  result: { figures: {}, files: [] },
};
const submission = {
  type: "inpaint",
  model: "m",
  parameters: {},
  inputs: [],
  idempotencyKey: undefined,
};

/** A queue whose answers a test scripts: values are answered, failures rejected, in order. */
class ScriptedQueue {
  readonly submissions: TaskSubmission[] = [];
  readonly cancelled: string[] = [];
  outcomes: (TaskOutcome | Failure)[] = [];
  refusals: Failure[] = [];
  readonly ref: Ref<Queue>;

  constructor() {
    const unused = (): Promise<never> => Promise.reject(new Error("not scripted"));
    const ref: Ref<Queue> = {
      submit: async (given) => {
        this.submissions.push(given);
        const refusal = this.refusals.shift();
        if (refusal) throw refusal;
        return { taskId: "t1", isReplay: false, ack: "durable" };
      },
      outcome: async () => {
        const next = this.outcomes.shift() ?? done;
        if (next instanceof Failure) throw next;
        return next;
      },
      cancel: async ({ reason }) => {
        this.cancelled.push(reason);
        return { kind: "cancelled" };
      },
      refusal: async (key) => ({ queue: key, retryAfterMs: 1_500 }),
      view: unused,
      list: unused,
      statistics: unused,
      workers: unused,
      checkConfig: unused,
      reconfigure: unused,
      setNodeHold: unused,
      offer: unused,
      heartbeat: unused,
      complete: unused,
      fail: unused,
      changed: unused,
      $: {
        address: { node: { name: "n", incarnation: 1 }, path: "/queue", uid: 1 },
        protocolId: Queue.id,
        room: () => Promise.resolve(),
        with: () => ref,
      },
    };
    this.ref = ref;
  }
}

/** A client on virtual time: waiting is what makes time pass. */
function clientOf(queue: ScriptedQueue | undefined, onWait: () => void = () => {}) {
  const waits: number[] = [];
  let now = 0;
  let keys = 0;
  const client = new QueueClient({
    now: () => now,
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
      onWait();
    },
    newKey: () => `key-${++keys}`,
    cancelFailed: () => {},
  });
  client.use(queue?.ref);
  return { client, waits };
}

const lost = (code: FailureCode): Failure => new Failure(code, "lost");
const never = new AbortController().signal;
const failsWith = (code: FailureCode) => (cause: unknown) =>
  cause instanceof Failure && cause.code === code;

describe("QueueClient", () => {
  test("a lost acknowledgement is asked for again with the same key", async () => {
    const queue = new ScriptedQueue();
    queue.refusals = [lost("timeout"), lost("node_down")];
    const { client, waits } = clientOf(queue);
    assert.equal(await client.run(submission, { signal: never }), done);
    assert.deepEqual(
      queue.submissions.map((given) => given.idempotencyKey),
      ["own:key-1", "own:key-1", "own:key-1"],
    );
    assert.equal(waits.length, 2);
  });

  test("a lost outcome is asked for again without another submission", async () => {
    const queue = new ScriptedQueue();
    queue.outcomes = [lost("actor_crashed"), lost("timeout")];
    assert.equal(await clientOf(queue).client.run(submission, { signal: never }), done);
    assert.equal(queue.submissions.length, 1);
  });

  test("a task under way waits for the queue that comes next", async () => {
    const queue = new ScriptedQueue();
    const next = new ScriptedQueue();
    queue.outcomes = [lost("actor_stopped"), lost("actor_stopped")];
    let waited = 0;
    const { client } = clientOf(queue, () => {
      waited += 1;
      client.use(waited < 3 ? undefined : next.ref);
    });
    assert.equal(await client.run(submission, { signal: never }), done);
    assert.equal(next.submissions.length, 0);
  });

  test("without a queue at all a submission is refused at once", async () => {
    const { client, waits } = clientOf(undefined);
    await assert.rejects(client.run(submission, { signal: never }), failsWith("unavailable"));
    assert.equal(waits.length, 0);
  });

  test("a refusal is not repeated", async () => {
    for (const code of ["queue_full", "conflict", "invalid", "too_large"] as const) {
      const queue = new ScriptedQueue();
      queue.refusals = [lost(code)];
      await assert.rejects(
        clientOf(queue).client.run(submission, { signal: never }),
        failsWith(code),
      );
      assert.equal(queue.submissions.length, 1);
    }
  });

  test("of a refusal by a full queue it is known when there is room, of others nothing", async () => {
    for (const [code, ms] of [
      ["queue_full", 1_500],
      ["invalid", null],
    ] as const) {
      const queue = new ScriptedQueue();
      queue.refusals = [lost(code)];
      const { client } = clientOf(queue);
      const refusal = await client.submit(submission, { signal: never }).catch(Failure.of);
      assert.ok(refusal instanceof Failure);
      assert.equal(await client.msUntilRoom(refusal), ms);
    }
  });

  test("the end of a task is not waited for for ever; then it is cancelled", async () => {
    const queue = new ScriptedQueue();
    queue.outcomes = Array.from({ length: 10_000 }, () => lost("timeout"));
    const { client, waits } = clientOf(queue);
    await assert.rejects(client.run(submission, { signal: never }), failsWith("timeout"));
    assert.deepEqual(queue.cancelled, ["gateway_gave_up"]);
    assert.ok(waits.reduce((sum, ms) => sum + ms, 0) <= 120_000);
  });

  test("a client that goes away cancels its task, but not one that others may ask for by key", async () => {
    for (const [key, expected] of [
      [undefined, ["client_gone"]],
      ["k", []],
    ] as const) {
      const queue = new ScriptedQueue();
      const gone = new AbortController();
      queue.outcomes = [lost("cancelled")];
      gone.abort();
      const run = clientOf(queue).client.run({ ...submission, idempotencyKey: key }, gone);
      await assert.rejects(run, failsWith("cancelled"));
      assert.deepEqual(queue.cancelled, expected);
    }
  });

  test("a client's key never meets one of ours", async () => {
    const queue = new ScriptedQueue();
    const { client } = clientOf(queue);
    await client.run({ ...submission, idempotencyKey: "key-1" }, { signal: never });
    await client.run(submission, { signal: never });
    assert.deepEqual(
      queue.submissions.map((given) => given.idempotencyKey),
      ["client:key-1", "own:key-1"],
    );
  });
});
