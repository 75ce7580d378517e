import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stepsType } from "#protocols/tasks/steps.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import { isEnded, taskStatuses } from "#protocols/tasks/task-states.ts";
import { submission } from "../submissions.ts";
import { DecisionStage, failure, refOf } from "./decision-stage.ts";

const queue = fc.constantFrom("default", "fair", "small");
const userId = fc.constantFrom("ann", "bob");
const pick = fc.nat(30);
const step = fc.nat(2);

const optional = {
  type: fc.constant(stepsType),
  userId,
  priority: fc.nat(9),
  runAt: fc.constant(1_700_000_030_000),
  queueDeadlineMs: fc.constantFrom(500, 20_000),
  deadlineMs: fc.constantFrom(700, 30_000),
  timeoutMs: fc.constantFrom(900, 9_000),
  maxRetries: fc.nat(2),
  idempotencyKey: fc.constantFrom("k1", "k2"),
  isEvictable: fc.boolean(),
};

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      queue,
      pick,
      changes: fc.record(optional, { requiredKeys: [] }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("claim" as const),
      queue,
      max: fc.integer({ min: 1, max: 3 }),
    }),
  },
  fc.record({ kind: fc.constant("complete" as const), pick }),
  fc.record({
    kind: fc.constant("fail" as const),
    pick,
    class: fc.constantFrom("resource", "model", "validation", "timeout", "cancelled"),
  }),
  fc.record({ kind: fc.constant("release" as const), pick }),
  fc.record({ kind: fc.constant("releaseNode" as const), pick }),
  fc.record({ kind: fc.constant("heartbeat" as const), pick }),
  fc.record({ kind: fc.constant("progress" as const), pick }),
  fc.record({ kind: fc.constant("cancel" as const), pick }),
  fc.record({
    kind: fc.constant("ask" as const),
    pick,
    step,
    mode: fc.constantFrom("hold", "park"),
    onTimeout: fc.constantFrom("proceed", "reject", "fail"),
  }),
  fc.record({ kind: fc.constant("answer" as const), pick }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 400, 2_000, 16_000, 400_000, 90_000_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("sweep" as const), limit: fc.constantFrom(1, 500) }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

/** A store, and all that its clients remember. */
class History {
  readonly stage = new DecisionStage();
  readonly leases: LeaseRef[] = [];
  readonly taskIds: string[] = [];
  readonly callbackIds: string[] = [];
  accepted = 0;
  purged = 0;

  constructor() {
    this.stage.do("setQueue", { queue: "fair", fairMs: 50, agingMsPerLevel: 100 });
    this.stage.do("setQueue", { queue: "small", pendingMax: 3, whenFull: "evict_lowest" });
  }

  perform(next: Act): void {
    const { stage } = this;
    const lease = this.leases[("pick" in next ? next.pick : 0) % (this.leases.length || 1)];
    switch (next.kind) {
      case "submit":
        this.#submit(next);
        return;
      case "claim": {
        const found = stage.claimAll({ queues: [next.queue, "default"], max: next.max });
        for (const { fence } of found) {
          assert.ok(fence > Math.max(0, ...this.leases.map((given) => given.fence)));
        }
        this.leases.push(...found.map(refOf));
        return;
      }
      case "wait":
        stage.nowMs += next.ms;
        return;
      case "sweep":
        this.purged += stage.do("sweep", next.limit).purged;
        return;
      case "cancel": {
        const taskId = this.taskIds[next.pick % (this.taskIds.length || 1)];
        if (taskId) stage.do("cancel", { taskId, reason: "test" });
        return;
      }
      case "answer": {
        const callbackId = this.callbackIds[next.pick % (this.callbackIds.length || 1)];
        const answer = { userId: "ann", decision: "proceed", feedback: null } as const;
        if (callbackId) stage.do("confirmAnswer", { callbackId, ...answer });
        return;
      }
      default:
        if (lease) this.#work(next, lease);
    }
  }

  #submit({ queue, pick, changes }: Extract<Act, { kind: "submit" }>): void {
    const parentId = pick < this.taskIds.length ? this.taskIds[pick] : undefined;
    const result = this.stage.do(
      "submit",
      submission({ queue, ...changes, ...(parentId !== undefined && { parentId }) }),
    );
    if (result.kind !== "created") return;
    this.accepted += 1;
    this.taskIds.push(result.taskId);
  }

  #work(
    next: Exclude<Act, { kind: "submit" | "claim" | "wait" | "sweep" | "cancel" | "answer" }>,
    lease: LeaseRef,
  ): void {
    const { stage } = this;
    switch (next.kind) {
      case "complete":
        stage.complete(lease);
        return;
      case "fail":
        stage.do("fail", { lease, failure: failure({ class: next.class }) });
        return;
      case "release":
        stage.do("release", lease);
        return;
      case "releaseNode":
        stage.do("releaseNode", { node: "n", except: [lease] });
        return;
      case "heartbeat":
        stage.do("heartbeat", { node: "n", leases: [lease], leaseMs: 15_000 });
        return;
      case "progress":
        stage.do("progress", { lease, progress: 0.5, message: null });
        return;
      case "ask": {
        const { step, mode, onTimeout } = next;
        const terms = { userId: "ann", stepResult: {}, expiresMs: 5_000, checkpoint: null };
        const asked = stage.do("confirmRequest", { lease, step, mode, onTimeout, ...terms });
        if (asked.kind === "asked") this.callbackIds.push(asked.callbackId);
      }
    }
  }

  /** What holds after every history. */
  check(): void {
    const { stage } = this;
    assert.deepEqual(stage.do("check").problems, []);
    const counts = stage.do("counts");
    const total = taskStatuses.reduce((sum, status) => sum + counts[status], 0);
    assert.equal(total, this.accepted, "what was accepted is counted where it stands");
    const { tasks } = stage.do("list", { limit: 1_000 });
    assert.equal(tasks.length + this.purged, this.accepted, "nothing that was accepted is lost");
    for (const { taskId, version, attempt, maxRetries, retryCount, lostLeases, status } of tasks) {
      const channel = `task:${taskId}`;
      const { events, head } = stage.do("readEvents", { channel, afterSeq: 0, limit: 1_000 });
      assert.equal(head, version, "one event for every transition");
      assert.deepEqual(
        events.map(({ seq }) => seq),
        events.map((_, index) => head - events.length + 1 + index),
      );
      assert.ok(retryCount <= maxRetries && lostLeases <= 4 && attempt >= retryCount);
      if (isEnded(status)) assert.equal(stage.do("cancel", { taskId, reason: "" }).kind, "ended");
    }
  }
}

test("after any history the counters equal a recount, and nothing that was accepted is lost", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120, size: "max" }), (acts) => {
      const history = new History();
      for (const next of acts) history.perform(next);
      history.check();
    }),
    { numRuns: 300 },
  );
});

/** All that reads tell, in a form that can be compared. */
function readingOf({ shelf, context }: DecisionStage) {
  const due = { nowMs: context.nowMs + 1e12, max: 1_000 };
  return structuredClone({
    tasks: shelf.list({ limit: 1_000 }),
    leases: shelf.leasesOfNode("n"),
    queues: shelf.queues(),
    ready: ["default", "fair", "small"].map((name) => [
      shelf
        .readyKinds(name)
        .flatMap(({ text }) => shelf.readyLanes(name, text, 1_000))
        .map((needs) => shelf.ready(name, needs, 1_000)),
      shelf.worstEvictable(name),
      ["ann", "bob", null].map((user) => [
        shelf.pendingOfUser(name, user),
        shelf.fairTime(name, user ?? "those who name nobody"),
      ]),
    ]),
    due: [
      ...[shelf.dueTasks(due), shelf.expiredLeases(due), shelf.overdueAttempts(due)],
      ...[shelf.overdueInQueue(due), shelf.overdueTasks(due), shelf.dueConfirmations(due)],
      ...[shelf.expiredKeys(due), shelf.expiredTasks(due), shelf.expiredTombstones(due)],
    ],
    nextDueAt: shelf.nextDueAt(),
    open: shelf.openConfirmations(null, 1_000),
    events: shelf.tail(0, 10_000),
    heads: ["queue:default", "user:ann"].map((channel) => [
      shelf.head(channel),
      shelf.firstKept(channel),
    ]),
  });
}

test("what a failed command wrote on the shelf in memory is undone, whatever it was", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), act, (acts, last) => {
      const history = new History();
      for (const next of acts) history.perform(next);
      const { stage } = history;
      const before = readingOf(stage);
      const { nowMs } = stage;
      stage.undo(() => history.perform(last));
      stage.nowMs = nowMs;
      assert.deepEqual(readingOf(stage), before);
    }),
    { numRuns: 200 },
  );
});
