// The rules of the queues' alerts, as the store has them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { fillRule } from "#protocols/tasks/queue-monitor.ts";
import { storeOn } from "./queue-fixture.ts";

test("marks that nothing goes by are put right, and a rule that was disabled stays so", async (context) => {
  const { store, system } = await storeOn(context);
  const changed = {
    ...{ ruleId: fillRule, metric: "queue.fill", op: ">=" as const },
    ...{ warn: 0.1, crit: 0.2, clear: 0.05, forMs: 0, labels: null, channels: [] },
  };
  await store.putAlertRule({ rule: { ...changed, isEnabled: false } });
  const begin = async () => {
    const queue = system.spawn(QueueManager, { queues: [] });
    await system.started(queue);
    for (;;) {
      const rules = await store.alertRules(10);
      if (rules.length === 4 && rules.every(({ warn }) => warn !== 0.1)) return rules;
      await setTimeout(10);
    }
  };
  const rules = await begin();
  const fill = rules.find(({ ruleId }) => ruleId === fillRule);
  assert.deepEqual([fill?.warn, fill?.crit, fill?.clear], [0.8, 0.95, 0.7]);
  assert.deepEqual(
    rules.map(({ isEnabled, ruleId }) => isEnabled === (ruleId !== fillRule)),
    [true, true, true, true],
  );
  assert.deepEqual(
    rules.map(({ version }) => version).sort(),
    [1, 1, 1, 2],
    "what is right is not written again",
  );
});
