// The rules of the queues' alerts, as the store is to have them for whoever looks there.
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
import { putFixedRules } from "#runtime/tasks/fixed-alert-rules.ts";
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

export const putRules = (store: Ref<Store>): Promise<void> => putFixedRules(store, rules);
