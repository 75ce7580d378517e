// What queues promise broken in the real code of a cluster: who may come in, who gives way, who is next, how
// soon, how often and where, each caught by the check that is there for it.
import type { TestContext } from "node:test";
import { NodeStandings } from "#actors/queue/node-standings.ts";
import { ClaimPace } from "#actors/store/decisions/claim-pace.ts";
import { Elsewhere } from "#actors/store/decisions/left-to-others.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { QueueRecord, TaskRecord } from "#actors/store/records.ts";
import { type PlantedTaskBug, testCaught } from "./planted-task-bug.ts";

const plantedBugs: readonly PlantedTaskBug[] = [
  {
    name: "a queue that takes whatever comes",
    plant: ({ mock }) => ruleOtherwise(mock, (queue) => ({ ...queue, pendingMax: 10_000 })),
    seenBy: /^room kept$/,
  },
  {
    name: "a queue that refuses what it has room for",
    plant: ({ mock }) =>
      ruleOtherwise(mock, (queue) => ({
        ...queue,
        pendingMax: queue.whenFull === "evict_lowest" ? queue.pendingMax : 1,
      })),
    seenBy: /^room kept$/,
  },
  {
    name: "a user who may fill the whole queue",
    plant: ({ mock }) =>
      ruleOtherwise(mock, (queue) => ({ ...queue, perUserMax: queue.pendingMax })),
    seenBy: /^room kept$/,
  },
  {
    name: "a task that gives way to a less urgent one",
    plant: ({ mock }) => {
      const { worstEvictable } = MemoryShelf.prototype;
      mock.method(
        MemoryShelf.prototype,
        "worstEvictable",
        function (this: MemoryShelf, queue: string) {
          const worst = worstEvictable.call(this, queue);
          return worst && { ...worst, rank: Number.POSITIVE_INFINITY };
        },
      );
    },
    seenBy: /^gives way$/,
  },
  {
    name: "a queue in which nobody gives way",
    plant: ({ mock }) => {
      mock.method(MemoryShelf.prototype, "worstEvictable", () => undefined);
    },
    seenBy: /^gives way$/,
  },
  {
    name: "the most urgent task that gives way",
    plant: ({ mock }) => {
      mock.method(
        MemoryShelf.prototype,
        "worstEvictable",
        function (this: MemoryShelf, queue: string) {
          const first = linesIn(this, queue).find(({ taskId }) => {
            const task = this.task(taskId);
            return task?.attempt === 0 && task.isEvictable && this.childrenOf(taskId).length === 0;
          });
          return first && { ...first, rank: Number.POSITIVE_INFINITY };
        },
      );
    },
    seenBy: /^gives way$/,
  },
  {
    name: "priorities that count the other way round",
    plant: ({ mock }) => {
      const { putTask } = MemoryShelf.prototype;
      mock.method(
        MemoryShelf.prototype,
        "putTask",
        function (this: MemoryShelf, task: TaskRecord, former: TaskRecord | undefined) {
          const isFair = task.queue === "fair" || former !== undefined;
          const rank = isFair ? task.rank : 2 * task.submittedAt - task.rank;
          putTask.call(this, { ...task, rank }, former);
        },
      );
    },
    seenBy: /^(first in rank|gives way)$/,
  },
  {
    name: "a queue that hands out last what is first in rank",
    plant: ({ mock }) => {
      const { ready } = MemoryShelf.prototype;
      mock.method(
        MemoryShelf.prototype,
        "ready",
        function (this: MemoryShelf, queue: string, needs: string, max: number) {
          return ready.call(this, queue, needs, 10_000).toReversed().slice(0, max);
        },
      );
    },
    seenBy: /^first in rank$/,
  },
  {
    name: "a queue that hands out as fast as workers ask",
    plant: ({ mock }) => {
      mock.method(ClaimPace.prototype, "took", () => {});
    },
    seenBy: /^claims paced$/,
  },
  {
    name: "a user's rate that nobody heeds",
    plant: ({ mock }) => {
      mock.method(ClaimPace.prototype, "hasUserRate", () => false);
    },
    seenBy: /^claims paced$/,
  },
  {
    name: "a model that may fail as often as the task may",
    plant: ({ mock }) =>
      ruleOtherwise(mock, (queue) => retriedBy(queue, { classes: { model: 9 } })),
    seenBy: /^tried again$/,
  },
  {
    name: "a network error after which nobody tries again",
    plant: ({ mock }) =>
      ruleOtherwise(mock, (queue) => retriedBy(queue, { classes: { network: 0 } })),
    seenBy: /^tried again$/,
  },
  {
    name: "a retry that does not wait",
    plant: ({ mock }) => ruleOtherwise(mock, (queue) => retriedBy(queue, { baseMs: 1 })),
    seenBy: /^tried later$/,
  },
  {
    name: "a node that is given back at once what failed on it",
    plant: ({ mock }) => {
      const { of } = Elsewhere.prototype;
      mock.method(Elsewhere.prototype, "of", function (this: Elsewhere, task: TaskRecord) {
        const leaving = of.call(this, task);
        return leaving.kind === "left" ? { kind: "taken" } : leaving;
      });
    },
    seenBy: /^tried elsewhere$/,
  },
  {
    name: "children that do not hear of their parent's end",
    plant: ({ mock }) => {
      mock.method(MemoryShelf.prototype, "childrenOf", () => []);
    },
    seenBy: /^children follow$/,
  },
  {
    name: "a held node that is given tasks",
    plant: ({ mock }) => {
      mock.method(NodeStandings.prototype, "isClosed", () => false);
      mock.method(NodeStandings.prototype, "isHeld", () => false);
    },
    seenBy: /^held nodes$/,
  },
];

/** What a queue is told of its rules is not what it goes by. */
function ruleOtherwise(
  mock: TestContext["mock"],
  changed: (queue: QueueRecord) => QueueRecord,
): void {
  const { putQueue } = MemoryShelf.prototype;
  mock.method(MemoryShelf.prototype, "putQueue", function (this: MemoryShelf, queue: QueueRecord) {
    putQueue.call(this, changed(queue));
  });
}

const retriedBy = (queue: QueueRecord, changes: Partial<QueueRecord["retry"]>): QueueRecord => ({
  ...queue,
  retry: { ...queue.retry, ...changes },
});

/** All that wait there, the first in rank first. */
const linesIn = (shelf: MemoryShelf, queue: string) =>
  shelf
    .readyKinds(queue)
    .flatMap(({ text }) => shelf.readyLanes(queue, text, 10_000))
    .flatMap((needs) => shelf.ready(queue, needs, 10_000));

for (const bug of plantedBugs) testCaught(bug);
