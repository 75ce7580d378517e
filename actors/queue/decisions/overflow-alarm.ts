// When a queue that fills up is told of. An alarm begins at one mark and ends at a lower one, so that
// a queue which stays about a mark raises one alarm and not hundreds. Pure.
//
//   calm ──80 %──► warning ──95 %──► critical
//   calm ◄──70 %── warning ◄──85 %── critical
import type { QueueView } from "#protocols/tasks/queue-view.ts";

export type AlarmLevel = "calm" | "warning" | "critical";

/** Shares of a queue's room. */
export const alarmMarks = { warning: 0.8, critical: 0.95, calmAgain: 0.7, warningAgain: 0.85 };

/** Of the limit that is nearer: tasks or bytes. */
export const fillOf = ({
  pending,
  pendingMax,
  pendingBytes,
  pendingBytesMax,
}: Pick<QueueView, "pending" | "pendingMax" | "pendingBytes" | "pendingBytesMax">): number =>
  Math.max(shareOf(pending, pendingMax), shareOf(pendingBytes, pendingBytesMax));

/** Without any room a queue is full, also when nothing is in it. */
const shareOf = (amount: number, most: number): number => (most === 0 ? 1 : amount / most);

export function nextLevel(level: AlarmLevel, fill: number): AlarmLevel {
  if (fill >= alarmMarks.critical) return "critical";
  if (level === "critical" && fill > alarmMarks.warningAgain) return "critical";
  if (fill >= alarmMarks.warning) return "warning";
  return level !== "calm" && fill > alarmMarks.calmAgain ? "warning" : "calm";
}
