// What a simulated network is like: fixed profiles, from one that harms nobody to one that does
// everything that networks and ZeroMQ are known to do.
//
//   calm     quick, in order, nothing is lost
//   lan      as calm, with some delay, and connections that take no more for a moment
//   zeromq   as ZeroMQ was measured: what is on its way is lost with its connection, comes late over
//            an old one after a reconnect, or goes into a connection that is accepted and discards all
//   hostile  loss, repetition and overtaking of single frames beside all that, as drawn from the seed
import type { Chance, Span } from "./chance.ts";

export interface NetworkWeather {
  /** Milliseconds that a frame or a connection attempt takes. */
  readonly delayMs: Span;
  /** Part of the frames that vanish, come twice, or are overtaken. */
  readonly lossRate: number;
  readonly repeatRate: number;
  readonly overtakenRate: number;
  /** Milliseconds that an overtaken or repeated frame takes longer. */
  readonly detourMs: Span;
  /** Part of the frames after which the connection takes no more for a while. */
  readonly heldBackRate: number;
  /** Milliseconds until a dialler notices that its connection is gone. */
  readonly noticeMs: Span;
  /** Part of the connections that are accepted and carry nothing. */
  readonly discardRate: number;
  /**
   * Frames that one connection holds on their way. Full: the dialler is held back, and what a
   * listener answers is dropped without a word.
   */
  readonly bufferFramesMax: number;
}

export type NetworkProfile = "calm" | "lan" | "zeromq" | "hostile";

export const networkProfiles: readonly NetworkProfile[] = ["calm", "lan", "zeromq", "hostile"];

/** The rates of a network at its best, when all faults are over. */
export const calmRates = {
  lossRate: 0,
  repeatRate: 0,
  overtakenRate: 0,
  heldBackRate: 0,
  discardRate: 0,
} as const;

const calm: NetworkWeather = {
  ...calmRates,
  delayMs: { min: 0.05, max: 0.3 },
  detourMs: { min: 0, max: 1 },
  noticeMs: { min: 0, max: 5 },
  bufferFramesMax: 10_000,
};

export function networkWeather(profile: NetworkProfile, chance: Chance): NetworkWeather {
  switch (profile) {
    case "calm":
      return calm;
    case "lan":
      return { ...calm, delayMs: { min: 0.1, max: 2 }, heldBackRate: 0.01 };
    case "zeromq":
      return {
        ...calm,
        delayMs: { min: 0.1, max: chance.pick([1, 5, 20]) ?? 1 },
        detourMs: { min: 0, max: 20 },
        heldBackRate: 0.02,
        noticeMs: { min: 0, max: 400 },
        discardRate: 0.05,
        bufferFramesMax: chance.pick([16, 64, 1_000]) ?? 64,
      };
    case "hostile":
      return hostile(chance);
    default:
      return profile satisfies never;
  }
}

/** With everything always on, the rare combinations of few would never be seen. */
function hostile(chance: Chance): NetworkWeather {
  const some = (rateMax: number): number =>
    chance.happens(0.5) ? chance.within({ min: 0, max: rateMax }) : 0;
  return {
    delayMs: { min: 0.1, max: chance.pick([0.5, 5, 25]) ?? 5 },
    lossRate: some(0.2),
    repeatRate: some(0.3),
    overtakenRate: some(0.3),
    detourMs: { min: 0, max: chance.pick([5, 50, 300]) ?? 5 },
    heldBackRate: some(0.2),
    noticeMs: { min: 0, max: chance.pick([5, 400, 1_000]) ?? 5 },
    discardRate: some(0.2),
    bufferFramesMax: chance.pick([8, 64, 1_000]) ?? 64,
  };
}
