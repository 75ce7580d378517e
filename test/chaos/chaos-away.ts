// When nobody was there to hand tasks on: control node or Redis were hit. Pure.
//
//   hit ──────────► ready, or awake ──────────────► taken up
//    │◄── as long as it takes ──►│◄── allowed for it ──►│
//
// The end of it depends on the process alone, never on whether a task was handed on: a queue that hands
// out nothing would else be away for as long, and late for nothing.
import type { DoneFault } from "./chaos-faults.ts";
import type { TaskHistory } from "./chaos-history.ts";
import type { Interval } from "./chaos-losses.ts";

/**
 * Milliseconds from when the process is back until it hands tasks on: links are made anew, and workers offer
 * themselves again, which takes the longest pause between two offers. What is longer counts as time in which a
 * task could have been handed on.
 */
export const takeUpMsMax = 3_000;

type HandingFault = Pick<DoneFault, "target" | "at" | "backAt">;

const handingOn = (faults: readonly HandingFault[]): readonly HandingFault[] =>
  faults.filter(({ target }) => target === "control" || target === "redis");

/** One that was not seen to come back is away for no time at all. */
export const awayIn = (faults: readonly HandingFault[]): readonly Interval[] =>
  handingOn(faults).flatMap(({ at, backAt }) =>
    backAt === undefined ? [] : [{ from: at, to: backAt + takeUpMsMax }],
  );

export interface Absence {
  /** Milliseconds from each fault until the process was back. */
  readonly untilBackMs: readonly number[];
  /** From then until a task was handed on, where one was: who has nothing to hand on takes longer. */
  readonly takenUpMs: readonly number[];
}

export function absenceOf(
  faults: readonly HandingFault[],
  histories: readonly TaskHistory[],
): Absence {
  const begun = histories
    .flatMap(({ events }) => events.filter(({ type }) => type === "running"))
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const back = handingOn(faults).flatMap(({ at, backAt }) =>
    backAt === undefined ? [] : [{ at, backAt }],
  );
  return {
    untilBackMs: back.map(({ at, backAt }) => backAt - at),
    takenUpMs: back.flatMap(({ backAt }) => {
      const next = begun.find((at) => at >= backAt);
      return next === undefined ? [] : [next - backAt];
    }),
  };
}
