// Rules of attempts, of questions to people and of steps broken in the real code of a cluster: each is caught by
// the check that is there for it, within so many worlds.
import type { TestContext } from "node:test";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { AttemptRecord, TaskRecord } from "#actors/store/records.ts";
import { type PlantedTaskBug, testCaught } from "./planted-task-bug.ts";
import { LoggedTaskStore } from "./tasks/logged-task-store.ts";
import { type Telling, toldUnderWay } from "./told-under-way.ts";

const plantedBugs: readonly PlantedTaskBug[] = [
  {
    name: "a failure that is heard of whoever holds an old lease",
    plant: ({ mock }) => hearOld(mock, "fail"),
    seenBy: /^newest heard$/,
  },
  {
    name: "a question that is heard of whoever holds an old lease",
    plant: ({ mock }) => hearOld(mock, "confirmRequest"),
    seenBy: /^newest heard$/,
  },
  {
    name: "a task that is given back by whoever holds an old lease",
    plant: ({ mock }) => hearOld(mock, "release"),
    seenBy: /^newest heard$/,
  },
  {
    name: "an attempt that is not ended when its lease is lost",
    plant: ({ mock }) => {
      const { putAttempt } = MemoryShelf.prototype;
      mock.method(
        MemoryShelf.prototype,
        "putAttempt",
        function (this: MemoryShelf, attempt: AttemptRecord) {
          if (attempt.outcome !== "lease_expired") putAttempt.call(this, attempt);
        },
      );
    },
    seenBy: /^attempts ended$/,
  },
  {
    name: "a silence that always means yes",
    plant: ({ mock }) => {
      const { dueConfirmations } = MemoryShelf.prototype;
      mock.method(
        MemoryShelf.prototype,
        "dueConfirmations",
        function (this: MemoryShelf, ...due: Parameters<typeof dueConfirmations>) {
          const asked = dueConfirmations.apply(this, due);
          return asked.map((each) => ({ ...each, onTimeout: "proceed" as const }));
        },
      );
    },
    seenBy: /^people asked$/,
  },
  {
    name: "a task that fails for good though it was to be cancelled",
    plant: ({ mock }) => {
      const { putTask, task } = MemoryShelf.prototype;
      // In its last attempt, whoever asks: so a store that begins anew comes to the same end.
      mock.method(MemoryShelf.prototype, "task", function (this: MemoryShelf, taskId: string) {
        const found = task.call(this, taskId);
        const isLast = found?.status === "running" && found.retryCount >= found.maxRetries;
        return found && isLast ? { ...found, cancelRequestedAt: null } : found;
      });
      // It is not forgotten that it was to be.
      mock.method(
        MemoryShelf.prototype,
        "putTask",
        function (this: MemoryShelf, record: TaskRecord, former: TaskRecord | undefined) {
          const cancelRequestedAt =
            record.cancelRequestedAt ?? task.call(this, record.taskId)?.cancelRequestedAt ?? null;
          putTask.call(this, { ...record, cancelRequestedAt }, former);
        },
      );
    },
    seenBy: /^task stories$|^told truly$/,
  },
  {
    name: "steps that are submitted anew by each attempt",
    plant: ({ mock }) => {
      const { call } = LoggedTaskStore.prototype;
      mock.method(
        LoggedTaskStore.prototype,
        "call",
        function (this: LoggedTaskStore, command: Parameters<typeof call>[0]) {
          if (command.method !== "submit") return call.call(this, command);
          const [submission] = command.args;
          const { idempotencyKey: key, parentId } = submission;
          if (typeof parentId !== "string" || key === undefined) return call.call(this, command);
          const idempotencyKey = `${key}:${this.shelf.task(parentId)?.attempt}`;
          return call.call(this, { ...command, args: [{ ...submission, idempotencyKey }] });
        },
      );
    },
    seenBy: /^children follow$/,
  },
];

/** The store does not compare fences there; the task's own stays what it is. */
function hearOld(mock: TestContext["mock"], method: Telling): void {
  const { putTask, task } = MemoryShelf.prototype;
  const told = toldUnderWay(mock, method);
  mock.method(MemoryShelf.prototype, "task", function (this: MemoryShelf, taskId: string) {
    const found = task.call(this, taskId);
    if (found?.status !== "running" || told.lease?.taskId !== taskId) return found;
    return { ...found, fence: told.lease.fence };
  });
  mock.method(
    MemoryShelf.prototype,
    "putTask",
    function (this: MemoryShelf, record: TaskRecord, former: TaskRecord | undefined) {
      const fence = Math.max(record.fence, task.call(this, record.taskId)?.fence ?? 0);
      putTask.call(this, { ...record, fence }, former);
    },
  );
}

for (const bug of plantedBugs) testCaught(bug);
