// Which alarms begin and end as the queues change. Pure; milliseconds of a clock that never goes back.
import type { AlertRecord, AlertSeverity } from "#protocols/tasks/alert-records.ts";
import { evictionRule, fillRule } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import { type AlarmLevel, type Fill, fillOf, nextLevel } from "./decisions/overflow-alarm.ts";

export interface AlarmChange {
  readonly ruleId: string;
  readonly queue: string;
  /** null: it is over. */
  readonly severity: AlertSeverity | null;
  readonly value: number;
  readonly text: string;
}

/** Without an eviction for so long, the alarm about them is over. */
const evictionCalmMs = 60_000;

interface Eviction {
  readonly total: number;
  /** null: no alarm. */
  readonly lastMs: number | null;
}

export class QueueAlarms {
  readonly #levels = new Map<string, AlarmLevel>();
  readonly #evictions = new Map<string, Eviction>();

  /** Alerts from an earlier life, which are to end when their cause is over. */
  wereOpen(
    alerts: readonly Pick<AlertRecord, "ruleId" | "subject" | "severity">[],
    nowMs: number,
  ): void {
    for (const { ruleId, subject, severity } of alerts) {
      if (ruleId === fillRule) this.#levels.set(subject, severity);
      if (ruleId === evictionRule) this.#evictions.set(subject, { total: Infinity, lastMs: nowMs });
    }
  }

  seen(queues: readonly QueueView[], nowMs: number): readonly AlarmChange[] {
    return queues.flatMap((queue) => [...this.#fill(queue), ...this.#evicted(queue, nowMs)]);
  }

  #fill(view: QueueView): readonly AlarmChange[] {
    const { queue } = view;
    const former = this.#levels.get(queue) ?? "calm";
    const fill = fillOf(view);
    const level = nextLevel(former, fill.share);
    if (level === former) return [];
    this.#levels.set(queue, level);
    const severity = level === "calm" ? null : level;
    const share = `${Math.round(fill.share * 100)} % full`;
    const advice = severity === null ? "the alarm is over" : adviceFor(view, fill);
    const text = `queue ${queue} is ${share}: ${waitingIn(view, fill)}; ${advice}`;
    return [{ ruleId: fillRule, queue, severity, value: fill.share, text }];
  }

  #evicted({ queue, evictedTotal }: QueueView, nowMs: number): readonly AlarmChange[] {
    const former = this.#evictions.get(queue) ?? { total: evictedTotal, lastMs: null };
    const ruleId = evictionRule;
    const more = evictedTotal - former.total;
    if (more > 0) {
      this.#evictions.set(queue, { total: evictedTotal, lastMs: nowMs });
      if (former.lastMs !== null) return [];
      const text = `queue ${queue} is full: its least urgent tasks give way; add workers`;
      return [{ ruleId, queue, severity: "warning", value: more, text }];
    }
    const isOver = former.lastMs !== null && nowMs - former.lastMs >= evictionCalmMs;
    this.#evictions.set(queue, { total: evictedTotal, lastMs: isOver ? null : former.lastMs });
    if (!isOver) return [];
    const text = `queue ${queue}: no task had to give way for a minute`;
    return [{ ruleId, queue, severity: null, value: 0, text }];
  }
}

function waitingIn({ pending, scheduled, waitingConfirmation }: QueueView, { of }: Fill): string {
  if (of === "people") return `${waitingConfirmation} tasks wait for people`;
  const later = scheduled === 0 ? "" : `, ${scheduled} of them for a later time`;
  return `${pending} tasks wait${later}`;
}

const adviceFor = ({ whenFull }: QueueView, { of }: Fill): string =>
  of === "people" ? "have them answer, or newcomers will find no room" : advices[whenFull];

const advices: Readonly<Record<QueueView["whenFull"], string>> = {
  reject: "add workers, or newcomers will be refused",
  evict_lowest: "add workers, or the least urgent will give way",
  block: "add workers, or newcomers will have to wait",
};
