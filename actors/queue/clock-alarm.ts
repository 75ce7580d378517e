// When the store's time has left the wall clock of its machine, and people are to know. Pure.
import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertRecord } from "#protocols/tasks/alert-records.ts";
import { clockRule } from "#protocols/tasks/queue-monitor.ts";
import type { AlarmChange } from "./queue-alarms.ts";

/** Subject of the alert. */
const subject = "store";

export class ClockAlarm {
  #isOn = false;

  wereOpen(alerts: readonly Pick<AlertRecord, "ruleId">[]): void {
    this.#isOn ||= alerts.some(({ ruleId }) => ruleId === clockRule);
  }

  /** Milliseconds that the store is ahead of its machine's clock; negative: behind. */
  seen(aheadMs: number): readonly AlarmChange[] {
    const isOff = Math.abs(aheadMs) > storeLimits.clockAheadMsMax;
    if (isOff === this.#isOn) return [];
    this.#isOn = isOff;
    const seconds = Math.round(Math.abs(aheadMs) / 1_000);
    const severity = isOff ? ("warning" as const) : null;
    const value = aheadMs / 1_000;
    return [
      {
        ruleId: clockRule,
        queue: subject,
        severity,
        value,
        text: isOff ? offText(aheadMs, seconds) : onText,
      },
    ];
  }
}

const onText = `the store's time is within ${storeLimits.clockAheadMsMax / 1_000} s of its clock again`;

function offText(aheadMs: number, seconds: number): string {
  const advice =
    aheadMs > 0
      ? "its time passes at half the speed until that is caught up; look whether the clock is right"
      : "the clock has leapt, which is believed when it lasts; look whether it is right";
  const way = aheadMs > 0 ? "ahead of" : "behind";
  return `the store's time is ${seconds} s ${way} its machine's clock: ${advice}`;
}
