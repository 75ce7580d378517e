// How alarms about errors are told: an alert that is kept, a notification in the channel `system`, and a
// line in the log. What the store does not take is told again until it does.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { AlertRuleTerms } from "#protocols/tasks/alert-records.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { errorRules } from "#protocols/tasks/errors.ts";
import { systemChannel, systemNotification } from "#protocols/tasks/queue-monitor.ts";
import type { Context } from "#runtime/core/context.ts";
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

/** One that somebody has changed or disabled stays as it is. */
export async function putErrorRules(store: Ref<Store>): Promise<void> {
  for (const rule of rules) await store.putAlertRule({ rule, version: null });
}

/** Rejects when the store did not take it. */
export function tellAlarm(
  ctx: Pick<Context<unknown>, "log">,
  store: Ref<Store>,
  alarm: ErrorAlarm,
): Promise<unknown> {
  const { ruleId, subject, severity, value, text } = alarm;
  ctx.log(severity === null ? "info" : "warn", text, { rule: ruleId, subject });
  const kept =
    severity === null
      ? store.resolveAlert({ ruleId, subject })
      : store.raiseAlert({ ruleId, subject, severity, value, details: { text } });
  const payload = { rule: ruleId, subject, severity, value, text };
  const event = { channel: systemChannel, type: systemNotification, taskId: null, payload };
  const taken = Promise.all([kept, store.appendEvents([event])]);
  taken.catch((error: unknown) => {
    const { code, detail } = Failure.of(error);
    ctx.log("warn", `an alert about errors is told again, since it was lost: ${detail}`, { code });
  });
  return taken;
}
