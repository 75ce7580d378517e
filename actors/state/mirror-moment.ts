// Up to where the copy of the state is, of which store's log. Numbers of two stores say nothing of one another.
import type { MirrorStatus, StateMoment } from "#protocols/tasks/state-readings.ts";

export type MirrorMoment = Pick<StateMoment, "epoch" | "eventId">;

/** Whether all up to that moment is written. */
export const isReached = (status: MirrorStatus, { epoch, eventId }: MirrorMoment): boolean =>
  status.kind === "following" && status.epoch === epoch && status.eventId >= eventId;
