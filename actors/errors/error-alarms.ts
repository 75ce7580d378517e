// Which alarms begin and end as failures come in: a group that grows past its class's threshold within ten
// minutes, a task that is poison, a queue whose budget of retries is spent. Pure; milliseconds since 1970
// UTC by the store's clock.

import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertRecord, AlertSeverity } from "#protocols/tasks/alert-records.ts";
import type { ErrorGroup } from "#protocols/tasks/error-records.ts";
import { errorRules } from "#protocols/tasks/errors.ts";
import { failureStrategies, poisonCode } from "#protocols/tasks/failure-strategy.ts";
import type { FailedAttempt } from "./failed-attempt.ts";

export interface ErrorAlarm {
  readonly ruleId: string;
  readonly subject: string;
  /** null: it is over. */
  readonly severity: AlertSeverity | null;
  readonly value: number;
  readonly text: string;
}

/** Failures of a group are counted for so long together. */
export const groupWindowMs = 600_000;
/** Without a further one for so long, the alarm is over. */
export const calmMs: Readonly<Record<string, number>> = {
  [errorRules.group]: groupWindowMs,
  [errorRules.poison]: 3_600_000,
  [errorRules.budget]: 60_000,
};

type OpenAlarm = Pick<ErrorAlarm, "ruleId" | "subject" | "severity"> & { readonly at: number };

interface Window {
  readonly since: number;
  readonly count: number;
  /** Of the ten minutes before: as much counts as is not yet ten minutes old. */
  readonly before: number;
}

/** The window as it is when one more comes. */
function counted(former: Window | undefined, at: number): Window {
  const passedMs = former === undefined ? Infinity : at - former.since;
  if (former === undefined || passedMs >= 2 * groupWindowMs) {
    return { since: at, count: 1, before: 0 };
  }
  if (passedMs < groupWindowMs) return { ...former, count: former.count + 1 };
  return { since: former.since + groupWindowMs, count: 1, before: former.count };
}

/** How many of them there were in the last ten minutes: the first of the window before began it, and is older. */
const latelyIn = ({ since, count, before }: Window, at: number): number =>
  count + Math.floor(Math.max(0, before - 1) * (1 - Math.max(0, at - since) / groupWindowMs));

export class ErrorAlarms {
  /** When the cause was seen last, by rule and subject. */
  readonly #open = new Map<string, OpenAlarm>();
  readonly #windows = new Map<string, Window>();

  /** Alerts from an earlier life, which are to end when their cause is over. */
  wereOpen(
    alerts: readonly Pick<AlertRecord, "ruleId" | "subject" | "severity" | "lastSeenAt">[],
  ): void {
    for (const { lastSeenAt: at, ...alert } of alerts) {
      if (Object.hasOwn(calmMs, alert.ruleId)) this.#open.set(keyOf(alert), { ...alert, at });
    }
  }

  noted(group: ErrorGroup, attempt: FailedAttempt): readonly ErrorAlarm[] {
    const { queue: subject, taskId, at, detail } = attempt;
    const alarms = [this.#grown(group, at)];
    if (attempt.code === poisonCode) {
      const text = `task ${taskId} of queue ${subject} is poison: ${detail}`;
      const severity = "critical";
      alarms.push(
        this.#raised({ ruleId: errorRules.poison, subject, severity, value: 1, text }, at),
      );
    }
    if (attempt.isOverBudget) {
      const advice = "its retries wait their longest; troupe errors tells why its tasks fail";
      const text = `queue ${subject} has spent its budget of retries: ${advice}`;
      const severity = "warning";
      alarms.push(
        this.#raised({ ruleId: errorRules.budget, subject, severity, value: 1, text }, at),
      );
    }
    return alarms.filter((alarm) => alarm !== undefined);
  }

  /** Those whose causes have not been seen for long enough. */
  over(nowMs: number): readonly ErrorAlarm[] {
    const ended: ErrorAlarm[] = [];
    for (const alarm of [...this.#open.values()]) {
      if (nowMs - alarm.at >= (calmMs[alarm.ruleId] ?? 0))
        ended.push(this.#ended(alarm, "it is over"));
    }
    for (const [fingerprint, { since }] of this.#windows) {
      if (nowMs - since >= 2 * groupWindowMs) this.#windows.delete(fingerprint);
    }
    return ended;
  }

  acknowledged(fingerprint: string, by: string): readonly ErrorAlarm[] {
    this.#windows.delete(fingerprint);
    const alarm = { ruleId: errorRules.group, subject: fingerprint };
    return this.#open.has(keyOf(alarm)) ? [this.#ended(alarm, `${by} has seen to it`)] : [];
  }

  #grown(group: ErrorGroup, at: number): ErrorAlarm | undefined {
    const { fingerprint, class: failureClass, code, type, sample } = group;
    const { alertFrom } = failureStrategies[failureClass];
    if (alertFrom === null) return undefined;
    const former = this.#windows.get(fingerprint);
    if (former === undefined) this.#makeRoom();
    const window = counted(former, at);
    this.#windows.set(fingerprint, window);
    const count = latelyIn(window, at);
    if (count < alertFrom || this.#isFlood(fingerprint)) return undefined;
    const what = `tasks of type ${type} failed with ${code}`;
    const text = `${count} times within ten minutes ${what}: ${sample}`;
    const severity = count >= 10 * alertFrom ? "critical" : "warning";
    const alarm = { ruleId: errorRules.group, subject: fingerprint, severity, text } as const;
    return this.#raised({ ...alarm, value: count }, at);
  }

  /** The group that was first counted longest ago is counted anew when it comes again. */
  #makeRoom(): void {
    if (this.#windows.size < storeLimits.errorGroupsMax) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }

  /** So many groups alert already that one more tells nobody anything. */
  #isFlood(subject: string): boolean {
    if (this.#open.has(keyOf({ ruleId: errorRules.group, subject }))) return false;
    const open = [...this.#open.values()].filter(({ ruleId }) => ruleId === errorRules.group);
    return open.length >= storeLimits.errorAlertsMax;
  }

  /** An alarm that is on is raised again when it becomes worse only: a flood makes no other one. */
  #raised(alarm: ErrorAlarm, at: number): ErrorAlarm | undefined {
    const { ruleId, subject, severity } = alarm;
    const former = this.#open.get(keyOf(alarm));
    this.#open.set(keyOf(alarm), { ruleId, subject, severity, at });
    return former?.severity === severity ? undefined : alarm;
  }

  #ended(alarm: Pick<ErrorAlarm, "ruleId" | "subject">, why: string): ErrorAlarm {
    this.#open.delete(keyOf(alarm));
    const { ruleId, subject } = alarm;
    return { ruleId, subject, severity: null, value: 0, text: `${ruleId} ${subject}: ${why}` };
  }
}

const keyOf = ({ ruleId, subject }: Pick<ErrorAlarm, "ruleId" | "subject">): string =>
  `${ruleId} ${subject}`;
