// When a queue that fills up is told of. An alarm begins at one mark and ends at a lower one, so that
// a queue which stays about a mark raises one alarm and not hundreds. Pure.
//
//   calm ──80 %──► warning ──95 %──► critical
//   calm ◄──70 %── warning ◄──85 %── critical
import type { QueueView } from "#protocols/tasks/queue-view.ts";

export type AlarmLevel = "calm" | "warning" | "critical";

/** Shares of a queue's room. */
export const alarmMarks = { warning: 0.8, critical: 0.95, calmAgain: 0.7, warningAgain: 0.85 };

export interface Fill {
  readonly share: number;
  /** Whom the tasks wait for. */
  readonly of: "workers" | "people";
}

type Filled = "pending" | "pendingMax" | "pendingBytes" | "pendingBytesMax" | "waitingConfirmation";

/** Of the limit that is nearest: tasks or bytes that wait for workers, or tasks that wait for people. */
export function fillOf(queue: Pick<QueueView, Filled>): Fill {
  const { pending, pendingMax, pendingBytes, pendingBytesMax, waitingConfirmation } = queue;
  const ofTasks = shareOf(pending, pendingMax);
  const ofWorkers = Math.max(ofTasks, shareOf(pendingBytes, pendingBytesMax));
  const ofPeople = shareOf(waitingConfirmation, pendingMax);
  return ofPeople > ofWorkers
    ? { share: ofPeople, of: "people" }
    : { share: ofWorkers, of: "workers" };
}

/** Without any room a queue is full, also when nothing is in it. */
const shareOf = (amount: number, most: number): number => (most === 0 ? 1 : amount / most);

export function nextLevel(level: AlarmLevel, fill: number): AlarmLevel {
  if (fill >= alarmMarks.critical) return "critical";
  if (level === "critical" && fill > alarmMarks.warningAgain) return "critical";
  if (fill >= alarmMarks.warning) return "warning";
  return level !== "calm" && fill > alarmMarks.calmAgain ? "warning" : "calm";
}
