// Rules of alerts, and the alerts that they raised. There is one open alert at most for a rule and its
// subject: who raises it again refreshes it, so a condition that lasts makes no flood.
//
//   raise ─► open ◄── raise (refreshed) ── resolve ─► resolved
import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import {
  type Full,
  type NotFound,
  OrNull,
  PageLimit,
  RecordName,
  RecordVersion,
  type Stale,
  Whole,
} from "./record-fields.ts";
import { TaskParameters } from "./task-parameters.ts";

export const AlertSeverity = Type.Enum(["warning", "critical"]);
export type AlertSeverity = Static<typeof AlertSeverity>;
export const AlertComparison = Type.Enum([">", ">=", "<", "<="]);

const Threshold = OrNull(Type.Number());

export const AlertRuleTerms = Type.Object({
  ruleId: RecordName,
  metric: RecordName,
  op: AlertComparison,
  warn: Threshold,
  crit: Threshold,
  /** Where an open alert ends; null: where it began. */
  clear: Threshold,
  /** Milliseconds that the condition must last. */
  forMs: Whole,
  /** Only series with these labels. */
  labels: OrNull(TaskParameters),
  /** Where it is told. */
  channels: Type.Array(RecordName, { maxItems: 32 }),
  isEnabled: Type.Boolean(),
});
export type AlertRuleTerms = Readonly<Static<typeof AlertRuleTerms>>;
export interface AlertRule extends AlertRuleTerms {
  readonly version: number;
}

export const AlertRaise = Type.Object({
  ruleId: RecordName,
  /** What it is about: a node, a queue. */
  subject: RecordName,
  severity: AlertSeverity,
  value: OrNull(Type.Number()),
  details: Type.Optional(OrNull(TaskParameters)),
});
export type AlertRaise = Readonly<Static<typeof AlertRaise>>;

export interface AlertRecord {
  /** Counts all alerts. */
  readonly alertId: number;
  readonly ruleId: string;
  readonly subject: string;
  readonly severity: AlertSeverity;
  readonly value: number | null;
  readonly firedAt: number;
  readonly lastSeenAt: number;
  readonly resolvedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: number | null;
  readonly details: TaskParameters | null;
}

export type AlertRaised =
  | { readonly kind: "raised"; readonly alertId: number }
  /** It was open already, with that severity. */
  | { readonly kind: "refreshed"; readonly alertId: number; readonly former: AlertSeverity }
  | { readonly kind: "disabled" }
  /** There is no such rule. */
  | NotFound
  | Full;
export type AlertAcknowledged =
  | { readonly kind: "acknowledged" }
  /** Somebody else was first. */
  | { readonly kind: "already"; readonly by: string }
  | { readonly kind: "resolved" }
  | NotFound;

export interface AlertRecords {
  /** `version`: the one that was read, null for a new rule; without it, whatever stands is replaced. */
  putAlertRule(request: {
    readonly rule: AlertRuleTerms;
    readonly version?: number | null;
  }): { readonly kind: "saved"; readonly version: number } | Stale | Full;
  /** With it its open alerts are resolved. */
  dropAlertRule(ruleId: string): { readonly kind: "removed" } | NotFound;
  alertRules(limit: number): readonly AlertRule[];

  raiseAlert(alert: AlertRaise): AlertRaised;
  resolveAlert(request: {
    readonly ruleId: string;
    readonly subject: string;
  }): { readonly kind: "resolved"; readonly alertId: number } | NotFound;
  acknowledgeAlert(request: { readonly alertId: number; readonly by: string }): AlertAcknowledged;
  /** By rule and subject. */
  openAlerts(limit: number): readonly AlertRecord[];
  /** Open and resolved, newest first; `before`: only older ones than that. */
  alerts(request: { readonly before?: number; readonly limit: number }): readonly AlertRecord[];
}

export const alertRecordKinds = {
  putAlertRule: ask,
  dropAlertRule: ask,
  alertRules: ask,
  raiseAlert: ask,
  resolveAlert: ask,
  acknowledgeAlert: ask,
  openAlerts: ask,
  alerts: ask,
};

export const alertRecordSchemas = {
  putAlertRule: [
    Type.Object({ rule: AlertRuleTerms, version: Type.Optional(OrNull(RecordVersion)) }),
  ],
  dropAlertRule: [RecordName],
  alertRules: [PageLimit],
  raiseAlert: [AlertRaise],
  resolveAlert: [Type.Object({ ruleId: RecordName, subject: RecordName })],
  acknowledgeAlert: [Type.Object({ alertId: RecordVersion, by: RecordName })],
  openAlerts: [PageLimit],
  alerts: [Type.Object({ before: Type.Optional(RecordVersion), limit: PageLimit })],
} as const;
