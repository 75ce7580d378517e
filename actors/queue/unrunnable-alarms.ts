// Which alarms begin and end as work comes and goes that nobody can run. One for each queue; it begins
// when a kind of work has waited so for a while, as workers come and go when a cluster starts. Pure.
import type { AlertRecord } from "#protocols/tasks/alert-records.ts";
import type { UnrunnableKind } from "#protocols/tasks/queue.ts";
import { unrunnableRule } from "#protocols/tasks/queue-monitor.ts";
import type { AlarmChange } from "./queue-alarms.ts";

/** Before a kind of work that nobody can run gives an alarm. */
export const unrunnableAfterMs = 10_000;

export class UnrunnableAlarms {
  readonly #open = new Set<string>();

  /** Alerts from an earlier life, which are to end when their cause is over. */
  wereOpen(alerts: readonly Pick<AlertRecord, "ruleId" | "subject">[]): void {
    for (const { ruleId, subject } of alerts) {
      if (ruleId === unrunnableRule) this.#open.add(subject);
    }
  }

  seen(kinds: readonly UnrunnableKind[]): readonly AlarmChange[] {
    const waiting = new Set(kinds.map(({ queue }) => queue));
    const changes: AlarmChange[] = [];
    for (const queue of waiting) {
      const those = kinds.filter((kind) => kind.queue === queue);
      const first = those.find(({ forMs }) => forMs >= unrunnableAfterMs);
      if (first === undefined || this.#open.has(queue)) continue;
      this.#open.add(queue);
      const text = textOf(first);
      changes.push({ ...common(queue), severity: "warning", value: those.length, text });
    }
    for (const queue of this.#open) {
      if (waiting.has(queue)) continue;
      this.#open.delete(queue);
      const text = `queue ${queue}: all that waits can be run again`;
      changes.push({ ...common(queue), severity: null, value: 0, text });
    }
    return changes;
  }
}

const common = (queue: string) => ({ ruleId: unrunnableRule, queue });

function textOf({ queue, model, taskId, lacks }: UnrunnableKind): string {
  const seen = `queue ${queue}: no worker can run task ${taskId} for the model ${model}`;
  return `${seen}: ${lacks.join("; ")}; add a worker that can, or cancel the task`;
}
