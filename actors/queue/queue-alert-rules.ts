// The rules of the queues' alerts, as the store is to have them for whoever looks there.
import { isDeepStrictEqual } from "node:util";
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import {
  clockRule,
  evictionRule,
  fillRule,
  systemChannel,
  unrunnableRule,
} from "#protocols/tasks/queue-monitor.ts";
import { alarmMarks } from "./decisions/overflow-alarm.ts";
import { unrunnableAfterMs } from "./unrunnable-alarms.ts";

const channels = [systemChannel];
const rules = [
  {
    ...{ ruleId: fillRule, metric: "queue.fill", op: ">=" as const },
    ...{ warn: alarmMarks.warning, crit: alarmMarks.critical, clear: alarmMarks.calmAgain },
    ...{ forMs: 0, labels: null, channels, isEnabled: true },
  },
  {
    ...{ ruleId: evictionRule, metric: "queue.evicted", op: ">=" as const },
    ...{ warn: 1, crit: null, clear: null },
    ...{ forMs: 0, labels: null, channels, isEnabled: true },
  },
  {
    ...{ ruleId: unrunnableRule, metric: "queue.unrunnable", op: ">=" as const },
    ...{ warn: 1, crit: null, clear: null },
    ...{ forMs: unrunnableAfterMs, labels: null, channels, isEnabled: true },
  },
  {
    ...{ ruleId: clockRule, metric: "store.clock_ahead_seconds", op: ">" as const },
    ...{ warn: storeLimits.clockAheadMsMax / 1_000, crit: null, clear: null },
    ...{ forMs: 0, labels: null, channels, isEnabled: true },
  },
];

/**
 * The stored rules say by what is judged here: marks that somebody has changed are put right, as nothing
 * goes by them. One that somebody has disabled stays so, and its alerts are not raised.
 */
export async function putRules(store: Ref<Store>): Promise<void> {
  const stored = await store.alertRules(storeLimits.alertRulesMax);
  for (const rule of rules) {
    const former = stored.find(({ ruleId }) => ruleId === rule.ruleId);
    const { version = null, isEnabled = true } = former ?? {};
    const right = { ...rule, isEnabled };
    if (isDeepStrictEqual({ ...right, version }, former)) continue;
    // Who changes it just now is overruled at the next start.
    await store.putAlertRule({ rule: right, version });
  }
}
