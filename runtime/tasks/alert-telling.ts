// How alerts are told: kept by the store, as a notification in the channel `system`, and in the log. Whether
// anybody hears of one its rule says: of a rule that is disabled, or was dropped, nobody does.
//
//   begun, worse ─► raise ──taken──► notification, log
//   goes on      ─► raise ──open already──► nothing else
//   over         ─► resolve ──its rule stands──► notification, log
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertSeverity } from "#protocols/tasks/alert-records.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { systemChannel, systemNotification } from "#protocols/tasks/queue-monitor.ts";
import type { Context } from "../core/context.ts";

export interface AlertNews {
  readonly ruleId: string;
  readonly subject: string;
  /** null: it is over. */
  readonly severity: AlertSeverity | null;
  readonly value: number;
  readonly text: string;
  /** It goes on as it was told: only the alert is to show how far it is. Default: it has changed. */
  readonly isSame?: boolean;
}

export interface AlertPlace {
  readonly store: Ref<Store>;
  readonly ctx: Pick<Context<unknown>, "log">;
  /** What the notification and the log call the subject. Default: that. */
  readonly subjectIs?: "subject" | "queue";
}

/** Rejects when the store did not take all of it; it may be told again as a whole. */
export async function tellAlert(place: AlertPlace, alert: AlertNews): Promise<void> {
  const { store, ctx, subjectIs = "subject" } = place;
  const { ruleId, subject, severity, value, text } = alert;
  const about = { rule: ruleId, [subjectIs]: subject };
  const heard =
    severity === null ? await hearers(store, ruleId) : await raised(store, alert, severity);
  if (heard === "nobody") ctx.log("debug", `told nobody, as its rule is disabled: ${text}`, about);
  if (heard === "everybody") ctx.log(severity === null ? "info" : "warn", text, about);
  const payload = { ...about, severity, value, text };
  const event = { channel: systemChannel, type: systemNotification, taskId: null, payload };
  // An alert that is open ends whatever its rule says by now.
  const ended = severity === null ? store.resolveAlert({ ruleId, subject }) : undefined;
  await Promise.all([ended, heard === "everybody" ? store.appendEvents([event]) : undefined]);
}

type Hearers = "everybody" | "nobody" | "who looks";

async function raised(
  store: Ref<Store>,
  { ruleId, subject, value, text, isSame = false }: AlertNews,
  severity: AlertSeverity,
): Promise<Hearers> {
  const alert = { ruleId, subject, severity, value, details: { text } };
  const { kind } = await store.raiseAlert(alert);
  if (kind === "disabled" || kind === "not_found") return "nobody";
  // One that goes on begins for everybody when its rule was enabled meanwhile.
  return isSame && kind !== "raised" ? "who looks" : "everybody";
}

async function hearers(store: Ref<Store>, ruleId: string): Promise<Hearers> {
  const rules = await store.alertRules(storeLimits.alertRulesMax);
  return rules.some((rule) => rule.ruleId === ruleId && rule.isEnabled) ? "everybody" : "nobody";
}
