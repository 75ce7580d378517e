// What the network and the machines of one run are like, drawn from its seed. Every run has its own
// mixture: with all faults always on, the rare combinations of few would never be seen.
//
// A gentle run has no fault that lasts long enough to call a living process dead; whoever does is
// wrong. In a rough run a living process may be given up, but then it must learn that and be told of.
import type { Chance, Span } from "#runtime/testkit/simulation/chance.ts";
import type { NetworkWeather } from "#runtime/testkit/simulation/network-weather.ts";

/** `stall`: a connection stands, carries nothing any more, and nobody is told. */
export type FaultKind = "break" | "stall" | "cut" | "pause" | "crash" | "leave";

export interface Weather extends NetworkWeather {
  readonly mood: "gentle" | "rough";
  readonly faults: readonly FaultKind[];
  /** Milliseconds from one fault to the next. */
  readonly faultEveryMs: Span;
  readonly cutMs: Span;
  readonly pauseMs: Span;
  /** Milliseconds from the end of a process to its successor's start. */
  readonly absenceMs: Span;
  /** Part of the restarts after which the process listens elsewhere. */
  readonly moveRate: number;
  /** Milliseconds between two bursts of messages from one node to another. */
  readonly burstEveryMs: Span;
  readonly burstMessages: Span;
  /** Part of the messages that carry a payload in a frame of its own. */
  readonly payloadRate: number;
}

export function drawWeather(chance: Chance): Weather {
  const mood = chance.happens(0.35) ? "gentle" : "rough";
  const isRough = mood === "rough";
  const some = (rateMax: number): number =>
    chance.happens(0.5) ? chance.within({ min: 0, max: rateMax }) : 0;
  const kinds: readonly FaultKind[] = ["break", "stall", "cut", "pause", "crash", "leave"];
  const faults = kinds.filter(() => chance.happens(0.6));
  return {
    mood,
    delayMs: { min: 0.1, max: chance.pick([0.5, 5, 25]) ?? 5 },
    lossRate: isRough ? some(0.25) : 0,
    repeatRate: some(0.3),
    overtakenRate: some(0.3),
    detourMs: { min: 0, max: chance.pick([5, 50, isRough ? 400 : 100]) ?? 5 },
    heldBackRate: some(0.2),
    faults: faults.length === 0 ? ["break"] : faults,
    faultEveryMs: isRough ? { min: 20, max: 1_500 } : { min: 700, max: 1_500 },
    cutMs: { min: 10, max: isRough ? 4_000 : 300 },
    pauseMs: { min: 10, max: isRough ? 5_000 : 300 },
    absenceMs: { min: 1, max: chance.pick([100, 1_000, 4_000]) ?? 100 },
    noticeMs: { min: 0, max: isRough ? 1_000 : 50 },
    discardRate: isRough ? some(0.2) : 0,
    bufferFramesMax: chance.pick([16, 64, 1_000]) ?? 64,
    moveRate: some(1),
    burstEveryMs: { min: 1, max: chance.pick([20, 100, 500]) ?? 100 },
    burstMessages: { min: 1, max: chance.pick([2, 10, 40]) ?? 10 },
    payloadRate: some(0.1),
  };
}
