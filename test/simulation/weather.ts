// What the network and the machines of one run of links are like, drawn from its seed. Every run has its
// own mixture: with all faults always on, the rare combinations of few would never be seen.
//
// A gentle run has no fault that lasts long enough to call a living process dead; whoever does is
// wrong. In a rough run a living process may be given up, but then it must learn that and be told of.
import { Chance, type Span } from "#runtime/testkit/simulation/chance.ts";
import type { Fault } from "#runtime/testkit/simulation/fault-plan.ts";
import {
  type NetworkProfile,
  type NetworkWeather,
  networkWeather,
} from "#runtime/testkit/simulation/network-weather.ts";

export interface Weather {
  readonly mood: Mood;
  readonly network: NetworkWeather;
  /** Milliseconds from one fault to the next, and that one lasts. */
  readonly faultEveryMs: Span;
  readonly faultForMs: Span;
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

export type Mood = "gentle" | "rough";

const gentleForMsMax = 300;
const gentleEveryMsMin = 700;
const gentleNoticeMsMax = 50;

/** `hostile` is as the seed draws it; calmer networks take the place of that. */
export function weatherOf(seed: number, profile: NetworkProfile = "hostile"): Weather {
  const chance = Chance.ofSeed(seed).branch("weather");
  const mood = chance.happens(0.35) ? "gentle" : "rough";
  const isRough = mood === "rough";
  const drawn = drawNetwork(chance, mood);
  const network = profile === "hostile" ? drawn : networkWeather(profile, chance.branch("network"));
  return {
    mood,
    network: isRough ? network : gentle(network),
    faultEveryMs: { min: isRough ? 20 : gentleEveryMsMin, max: 1_500 },
    faultForMs: { min: 10, max: isRough ? 5_000 : gentleForMsMax },
    absenceMs: { min: 1, max: chance.pick([100, 1_000, 4_000]) ?? 100 },
    moveRate: some(chance, 1),
    burstEveryMs: { min: 1, max: chance.pick([20, 100, 500]) ?? 100 },
    burstMessages: { min: 1, max: chance.pick([2, 10, 40]) ?? 10 },
    payloadRate: some(chance, 0.1),
  };
}

/** Of a run with these faults: a plan from outside may be rougher than its seed. */
export const moodOf = ({ mood }: Weather, faults: readonly Fault[]): Mood =>
  mood === "gentle" && faults.every(isGentle) ? "gentle" : "rough";

function isGentle(fault: Fault, index: number, faults: readonly Fault[]): boolean {
  const before = faults[index - 1];
  const isRare = before === undefined || fault.atMs - before.atMs >= gentleEveryMsMin - 1;
  return isRare && !("forMs" in fault && fault.forMs > gentleForMsMax);
}

const gentle = (network: NetworkWeather): NetworkWeather => {
  const { noticeMs } = network;
  return {
    ...network,
    noticeMs: { ...noticeMs, max: Math.min(noticeMs.max, gentleNoticeMsMax) },
    discardRate: 0,
  };
};

function drawNetwork(chance: Chance, mood: Mood): NetworkWeather {
  const isRough = mood === "rough";
  return {
    delayMs: { min: 0.1, max: chance.pick([0.5, 5, 25]) ?? 5 },
    lossRate: isRough ? some(chance, 0.25) : 0,
    repeatRate: some(chance, 0.3),
    overtakenRate: some(chance, 0.3),
    detourMs: { min: 0, max: chance.pick([5, 50, isRough ? 400 : 100]) ?? 5 },
    heldBackRate: some(chance, 0.2),
    noticeMs: { min: 0, max: isRough ? 1_000 : gentleNoticeMsMax },
    discardRate: isRough ? some(chance, 0.2) : 0,
    bufferFramesMax: chance.pick([16, 64, 1_000]) ?? 64,
  };
}

const some = (chance: Chance, rateMax: number): number =>
  chance.happens(0.5) ? chance.within({ min: 0, max: rateMax }) : 0;
