// Which alarms begin and end as failures come in: a group that grows past its class's threshold within ten
// minutes, a task that is poison, a queue whose budget of retries is spent. Pure; milliseconds since 1970
// UTC by the store's clock.

import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertRecord, AlertSeverity } from "#protocols/tasks/alert-records.ts";
import type { ErrorGroup, KeptErrors } from "#protocols/tasks/error-records.ts";
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
  /** Its cause goes on, and it was told before: only how far it is has changed. */
  readonly isSame: boolean;
}

/** Failures of a group are counted for so long together. */
export const groupWindowMs = 600_000;
/** Without a further one for so long, the alarm is over. */
export const calmMs: Readonly<Record<string, number>> = {
  [errorRules.group]: groupWindowMs,
  [errorRules.poison]: 3_600_000,
  [errorRules.budget]: 60_000,
};

/** While its cause goes on, an alert is renewed so often at most; well below when it would be over. */
export const renewMs: Readonly<Record<string, number>> = {
  [errorRules.group]: 60_000,
  [errorRules.poison]: 60_000,
  [errorRules.budget]: 20_000,
};

type OpenAlarm = Pick<ErrorAlarm, "ruleId" | "subject" | "severity"> & {
  /** When the cause was seen last. */
  readonly at: number;
  readonly renewedAt: number;
  /** What it has come to since then. */
  readonly unshown: ErrorAlarm | undefined;
};
type Finding = Omit<ErrorAlarm, "isSame">;
type OpenAlert = Pick<AlertRecord, "ruleId" | "subject" | "severity" | "value" | "lastSeenAt">;
type Known = Pick<KeptErrors, "groups" | "poison">;

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
  /** By rule and subject. */
  readonly #open = new Map<string, OpenAlarm>();
  readonly #windows = new Map<string, Window>();

  /** Alerts from an earlier life, which are to end when their cause is over, and not before. */
  wereOpen(alerts: readonly OpenAlert[], known: Known): void {
    for (const alert of alerts) {
      const { ruleId, subject, severity, value, lastSeenAt: renewedAt } = alert;
      if (!Object.hasOwn(calmMs, ruleId)) continue;
      const at = seenAt(alert, known);
      this.#open.set(keyOf(alert), {
        ruleId,
        subject,
        severity,
        at,
        renewedAt,
        unshown: undefined,
      });
      if (ruleId !== errorRules.group || value === null || value < 1) continue;
      // What it counted then is ten minutes' worth, and counts on.
      const window = { since: renewedAt - groupWindowMs, count: Math.floor(value), before: 0 };
      this.#windows.set(subject, window);
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

  /** Those whose causes have not been seen for long enough; and of the others what is still to be shown. */
  due(nowMs: number): readonly ErrorAlarm[] {
    const due: ErrorAlarm[] = [];
    for (const alarm of [...this.#open.values()]) {
      if (nowMs - alarm.at >= (calmMs[alarm.ruleId] ?? 0)) {
        due.push(this.#ended(alarm, "it is over"));
      } else if (alarm.unshown && isRenewalDue(alarm, nowMs)) {
        due.push(alarm.unshown);
        this.#open.set(keyOf(alarm), { ...alarm, renewedAt: nowMs, unshown: undefined });
      }
    }
    for (const [fingerprint, { since }] of this.#windows) {
      if (nowMs - since >= 2 * groupWindowMs) this.#windows.delete(fingerprint);
    }
    return due;
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
    const alarm = { ruleId: errorRules.group, subject: fingerprint } as const;
    // One that is open is over when none comes any more, and not when they come more slowly.
    const isOpen = this.#open.has(keyOf(alarm));
    if (!isOpen && (count < alertFrom || this.#isFlood())) return undefined;
    const what = `tasks of type ${type} failed with ${code}`;
    const text = `${count} times within ten minutes ${what}: ${sample}`;
    const severity = count >= 10 * alertFrom ? "critical" : "warning";
    return this.#raised({ ...alarm, severity, text, value: count }, at);
  }

  /** The group that was first counted longest ago is counted anew when it comes again. */
  #makeRoom(): void {
    if (this.#windows.size < storeLimits.errorGroupsMax) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }

  /** So many groups alert already that one more tells nobody anything. */
  #isFlood(): boolean {
    const open = [...this.#open.values()].filter(({ ruleId }) => ruleId === errorRules.group);
    return open.length >= storeLimits.errorAlertsMax;
  }

  /**
   * An alarm that is on is told again when it becomes worse only: a flood makes no other one. What it has come
   * to meanwhile is shown now and then.
   */
  #raised(found: Finding, at: number): ErrorAlarm | undefined {
    const { ruleId, subject } = found;
    const former = this.#open.get(keyOf(found));
    const severity = former?.severity === "critical" ? former.severity : found.severity;
    const isSame = former?.severity === severity;
    const isDue = !isSame || isRenewalDue(former, at);
    const renewedAt = isDue ? at : former.renewedAt;
    const alarm = { ...found, severity, isSame };
    // Events of different writers may come a little out of order.
    const latest = Math.max(at, former?.at ?? at);
    const unshown = isDue ? undefined : alarm;
    this.#open.set(keyOf(found), { ruleId, subject, severity, at: latest, renewedAt, unshown });
    return isDue ? alarm : undefined;
  }

  #ended(alarm: Pick<ErrorAlarm, "ruleId" | "subject">, why: string): ErrorAlarm {
    this.#open.delete(keyOf(alarm));
    const { ruleId, subject } = alarm;
    const text = `${ruleId} ${subject}: ${why}`;
    return { ruleId, subject, severity: null, value: 0, text, isSame: false };
  }
}

const isRenewalDue = ({ ruleId, renewedAt }: OpenAlarm, nowMs: number): boolean =>
  nowMs - renewedAt >= (renewMs[ruleId] ?? 0);

const keyOf = ({ ruleId, subject }: Pick<ErrorAlarm, "ruleId" | "subject">): string =>
  `${ruleId} ${subject}`;

/**
 * When the cause of an alert was seen last, by what is kept of it. Of the budget only the alert tells, which
 * is renewed so often that its cause may have been seen so much later.
 */
function seenAt({ ruleId, subject, lastSeenAt }: OpenAlert, { groups, poison }: Known): number {
  if (ruleId === errorRules.budget) return lastSeenAt + (renewMs[ruleId] ?? 0);
  const kept =
    ruleId === errorRules.group
      ? groups.filter(({ fingerprint }) => fingerprint === subject).map(({ lastAt }) => lastAt)
      : poison.filter(({ queue }) => queue === subject).map(({ at }) => at);
  return kept.length === 0 ? lastSeenAt : Math.max(...kept);
}
