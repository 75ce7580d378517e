// Rules of the control channel broken in its real code: each is caught by the check of commands, or by that
// of what is told, within so many worlds.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CommandExecutor } from "#actors/control/command-executor.ts";
import type { RunProgress } from "#actors/control/command-runs.ts";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { nameOf, type PlannedCommand } from "#actors/control/request-check.ts";
import { QueueRulebook } from "#actors/queue/queue-rulebook.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { QueueRecord } from "#actors/store/records.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";
import type { QueueConfig } from "#protocols/tasks/queue-config.ts";
import { runSeed } from "./scenario.ts";
import { countCommand, markOf } from "./tasks/operator-plan.ts";
import { tasks } from "./tasks/tasks-scenario.ts";

const seedsToCatch = 120;

interface PlantedBug {
  readonly name: string;
  readonly plant: (context: TestContext) => void;
  readonly seenBy: RegExp;
}

type CarryOut = (
  planned: PlannedCommand,
  original: () => Promise<ControlResponse>,
) => Promise<ControlResponse>;

/** In the place of what carries commands out. */
function plantInExecutor({ mock }: TestContext, planted: CarryOut): void {
  const { carryOut } = CommandExecutor.prototype;
  mock.method(
    CommandExecutor.prototype,
    "carryOut",
    function (this: CommandExecutor, planned: PlannedCommand, progress: RunProgress) {
      return planted(planned, () => carryOut.call(this, planned, progress));
    },
  );
}

const plantedBugs: readonly PlantedBug[] = [
  {
    name: "an order that is carried out though its command has ended",
    plant: ({ mock }) => {
      const open = { kind: "noted" } as const;
      mock.method(ControlChannelActor.prototype, "acknowledge", () => open);
    },
    seenBy: /commands once: .* is (timed_out|failed), and took effect though nobody had it by then/,
  },
  {
    name: "a command that is sent once more when it was answered",
    plant: (context) =>
      plantInExecutor(context, async (planned, original) => {
        if (nameOf(planned) === countCommand) await original();
        return original();
      }),
    seenBy: /commands once: COUNT .* took effect twice/,
  },
  {
    name: "a cancellation that is acknowledged and not done",
    plant: (context) =>
      plantInExecutor(context, (planned, original) => {
        const { taskId } = planned;
        const isCancel = nameOf(planned) === "CANCEL_TASK";
        return isCancel ? Promise.resolve({ taskId, outcome: "cancelled" }) : original();
      }),
    seenBy: /told truly: cancelling/,
  },
  {
    name: "a node that is said to be held and is not",
    plant: (context) =>
      plantInExecutor(context, (planned, original) =>
        nameOf(planned) === "PAUSE_NODE" ? Promise.resolve({ status: "paused" }) : original(),
      ),
    seenBy: /commands once: . is not held/,
  },
  {
    name: "a queue that does not go by what is active",
    plant: ({ mock }) => {
      const { putQueue } = MemoryShelf.prototype;
      mock.method(
        MemoryShelf.prototype,
        "putQueue",
        function (this: MemoryShelf, queue: QueueRecord) {
          const isMarked = queue.pendingBytesMax >= markOf(0);
          putQueue.call(this, isMarked ? { ...queue, pendingBytesMax: markOf(0) - 1 } : queue);
        },
      );
    },
    seenBy: /commands once: the active document says .* bytes, and .* are in force/,
  },
  {
    name: "an undo that leaves a queue as it was configured",
    plant: ({ mock }) => {
      const { configured } = QueueRulebook.prototype;
      mock.method(
        QueueRulebook.prototype,
        "configured",
        function (this: QueueRulebook, queue: string, config: QueueConfig | undefined) {
          const isUndo = config !== undefined && Object.keys(config).length === 0;
          if (!isUndo) configured.call(this, queue, config);
        },
      );
    },
    seenBy: /commands once: the active document says .* bytes, and .* are in force/,
  },
];

for (const { name, plant, seenBy } of plantedBugs) {
  test(`caught: ${name}`, async (context) => {
    plant(context);
    for (let seed = 1; seed <= seedsToCatch; seed += 1) {
      const { violation } = await runSeed(tasks, seed);
      if (!violation) continue;
      assert.match(`${violation.checker}: ${violation.statement}`, seenBy);
      context.diagnostic(`seed ${seed}: ${violation.statement}`);
      return;
    }
    assert.fail(`nobody has seen it in ${seedsToCatch} worlds`);
  });
}
