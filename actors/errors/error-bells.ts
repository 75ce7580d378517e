// The rules of alerts about errors, and how these are told. What the store does not take is told again until
// it does; only that a cause goes on may be lost, as it is told anew.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { AlertRuleTerms } from "#protocols/tasks/alert-records.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { errorRules } from "#protocols/tasks/errors.ts";
import { systemChannel } from "#protocols/tasks/queue-monitor.ts";
import { type AlertPlace, tellAlert } from "#runtime/tasks/alert-telling.ts";
import { putFixedRules } from "#runtime/tasks/fixed-alert-rules.ts";
import type { ErrorAlarm } from "./error-alarms.ts";

const ruleOf = (ruleId: string, metric: string): AlertRuleTerms => ({
  ...{ ruleId, metric, op: ">=", warn: 1, crit: null, clear: null },
  ...{ forMs: 0, labels: null, channels: [systemChannel], isEnabled: true },
});

const rules = [
  ruleOf(errorRules.group, "errors.group"),
  ruleOf(errorRules.poison, "tasks.poison"),
  ruleOf(errorRules.budget, "queue.retries_over_budget"),
];

export const putErrorRules = (store: Ref<Store>): Promise<void> => putFixedRules(store, rules);

/** Rejects when the store did not take it. */
export function tellAlarm(place: AlertPlace, alarm: ErrorAlarm): Promise<void> {
  const taken = tellAlert(place, alarm);
  taken.catch((error: unknown) => {
    const { code, detail } = Failure.of(error);
    const fate = alarm.isSame ? "is not told" : "is told again";
    place.ctx.log("warn", `an alert (${alarm.text}) ${fate}, since it was lost: ${detail}`, {
      code,
    });
  });
  return taken;
}
