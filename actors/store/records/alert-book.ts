// Rules of alerts, and the alerts: one that is open for a rule and a subject is refreshed, not doubled.
import Type from "typebox";
import { storeLimits } from "#protocols/store-limits.ts";
import {
  AlertComparison,
  type AlertRecord,
  type AlertRecords,
  AlertSeverity,
} from "#protocols/tasks/alert-records.ts";
import { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { flag, integer, json, orNull, real, text, word } from "./record-column.ts";
import type { Performers } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

export const alertRuleTable = recordTable({
  name: "alert_rules",
  columns: {
    ruleId: text("rule_id"),
    metric: text("metric"),
    op: word("op", AlertComparison),
    warn: orNull(real("warn")),
    crit: orNull(real("crit")),
    clear: orNull(real("clear")),
    forMs: integer("for_ms"),
    labels: orNull(json("labels", TaskParameters)),
    channels: json("channels", Type.Array(Type.String())),
    isEnabled: flag("enabled"),
    version: integer("version"),
  },
  key: ["ruleId"],
  indexes: {},
});

export const alertTable = recordTable({
  name: "alerts",
  columns: {
    alertId: integer("alert_id"),
    ruleId: text("rule_id"),
    subject: text("subject"),
    severity: word("severity", AlertSeverity),
    value: orNull(real("value")),
    firedAt: integer("fired_at"),
    lastSeenAt: integer("last_seen_at"),
    resolvedAt: orNull(integer("resolved_at")),
    acknowledgedBy: orNull(text("acked_by")),
    acknowledgedAt: orNull(integer("acked_at")),
    details: orNull(json("details", TaskParameters)),
  },
  key: ["alertId"],
  indexes: {
    open: { on: ["ruleId", "subject"], where: ["resolvedAt", null], isUnique: true },
    resolved: { on: ["resolvedAt"], where: ["resolvedAt", "not null"] },
  },
});

const { alertRules: ruleCount, alertsOpen: openCount } = countNames;

export const alertBook: Performers<AlertRecords> = {
  putAlertRule({ records }, { rule, version }) {
    const former = records.get(alertRuleTable, [rule.ruleId]);
    const isAsRead = version === undefined || version === (former?.version ?? null);
    if (!isAsRead) return { kind: "stale", version: former?.version ?? 0 };
    if (!former && numberOf(records, ruleCount) >= storeLimits.alertRulesMax) {
      return { kind: "full", limit: storeLimits.alertRulesMax };
    }
    const row = { ...rule, version: (former?.version ?? 0) + 1 };
    records.put(alertRuleTable, row, former);
    if (!former) moveNumber(records, ruleCount, 1);
    return { kind: "saved", version: row.version };
  },

  dropAlertRule({ records, nowMs }, ruleId) {
    const former = records.get(alertRuleTable, [ruleId]);
    if (!former) return { kind: "not_found" };
    records.drop(alertRuleTable, former);
    moveNumber(records, ruleCount, -1);
    const range = { equal: [ruleId], limit: storeLimits.alertsOpenMax };
    for (const open of records.scan(alertTable, "open", range)) resolve(records, open, nowMs);
    return { kind: "removed" };
  },

  alertRules({ records }, limit) {
    return records.scan(alertRuleTable, "key", { limit });
  },

  raiseAlert({ records, nowMs }, { ruleId, subject, severity, value, details }) {
    const rule = records.get(alertRuleTable, [ruleId]);
    if (!rule) return { kind: "not_found" };
    if (!rule.isEnabled) return { kind: "disabled" };
    const open = openOf(records, ruleId, subject);
    const seen = { severity, value, lastSeenAt: nowMs };
    if (open) {
      const row: AlertRecord = { ...open, ...seen, details: details ?? open.details };
      records.put(alertTable, row, open);
      return { kind: "refreshed", alertId: open.alertId, former: open.severity };
    }
    if (numberOf(records, openCount) >= storeLimits.alertsOpenMax) {
      return { kind: "full", limit: storeLimits.alertsOpenMax };
    }
    const alertId = moveNumber(records, "alert", 1);
    const fresh = { firedAt: nowMs, resolvedAt: null, acknowledgedBy: null, acknowledgedAt: null };
    const row = { alertId, ruleId, subject, ...seen, ...fresh, details: details ?? null };
    records.put(alertTable, row, undefined);
    moveNumber(records, openCount, 1);
    return { kind: "raised", alertId };
  },

  resolveAlert({ records, nowMs }, { ruleId, subject }) {
    const open = openOf(records, ruleId, subject);
    if (!open) return { kind: "not_found" };
    resolve(records, open, nowMs);
    return { kind: "resolved", alertId: open.alertId };
  },

  acknowledgeAlert({ records, nowMs }, { alertId, by }) {
    const former = records.get(alertTable, [alertId]);
    if (!former) return { kind: "not_found" };
    if (former.acknowledgedBy !== null) return { kind: "already", by: former.acknowledgedBy };
    if (former.resolvedAt !== null) return { kind: "resolved" };
    const row: AlertRecord = { ...former, acknowledgedBy: by, acknowledgedAt: nowMs };
    records.put(alertTable, row, former);
    return { kind: "acknowledged" };
  },

  openAlerts({ records }, limit) {
    return records.scan(alertTable, "open", { limit });
  },

  alerts({ records }, { before, limit }) {
    const range = before === undefined ? {} : { before };
    return records.scan(alertTable, "key", { order: "down", limit, ...range });
  },
};

const openOf = (records: RecordShelf, ruleId: string, subject: string): AlertRecord | undefined =>
  records.scan(alertTable, "open", { equal: [ruleId, subject], limit: 1 })[0];

function resolve(records: RecordShelf, open: AlertRecord, nowMs: number): void {
  records.put(alertTable, { ...open, resolvedAt: nowMs }, open);
  moveNumber(records, openCount, -1);
}
