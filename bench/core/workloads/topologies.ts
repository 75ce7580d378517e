// W4: a token in a ring of a thousand, a thousand senders to one receiver, and messages to actors
// drawn at random: from ten, which the processor's caches hold, to 100,000, which they do not.
import {
  actorTs,
  bare,
  bareLoop,
  bareRing,
  comedy,
  erlang,
  nact,
  troupe,
  troupeAs,
  xstateCallback,
} from "../entrants.ts";
import { atLeast, rate, type Workload } from "../workload.ts";

export const ring: Workload = {
  title: "W4 ring of 1,000",
  work: "ring",
  actors: 1_000,
  ours: troupe,
  peers: [bare, bareRing, actorTs, nact, comedy, erlang],
  goals: [atLeast(0.6, bareLoop)],
  absent: [
    {
      peer: "XState callback in W4 ring of 1,000",
      reason: "a send is a nested call, and a thousand of them overflow the stack",
    },
  ],
  sizing: rate({ grain: 1_000, countMax: 200_000_000 }),
};

export const fanIn: Workload = {
  title: "W4 fan-in from 1,000",
  work: "fan-in",
  actors: 1_000,
  ours: troupe,
  peers: [bare, bareRing, actorTs, nact, comedy, xstateCallback, erlang],
  goals: [atLeast(0.6, bareLoop)],
  sizing: rate({ grain: 1_000, countMax: 1_000_000 }),
};

const crowd = { grain: 1_000, countMax: 100_000_000 } as const;

export const scattered: Workload = {
  title: "W4 scattered over 100,000",
  work: "scattered",
  actors: 100_000,
  ours: troupe,
  peers: [
    bare,
    bareRing,
    troupeAs("troupe to one actor", { work: "tell" }),
    ...[actorTs, nact, comedy, xstateCallback, erlang],
  ],
  goals: [atLeast(0.25, "troupe to one actor")],
  sizing: rate(crowd),
};

/** Ten at work, and how many others live beside them makes no difference. */
export const tenAmongMany: Workload = {
  title: "W4 scattered over ten among 100,000",
  work: "ten among many",
  actors: 100_000,
  ours: troupe,
  peers: [troupeAs("troupe, ten in all", { work: "ten among many", actors: 10 })],
  goals: [atLeast(0.8, "troupe, ten in all")],
  sizing: rate(crowd),
};

/** The curve in between: as flat as the bare loop's. */
export const scatteredOverFewer: readonly Workload[] = [10, 100, 1_000, 10_000].map((actors) => ({
  title: `W4 scattered over ${actors.toLocaleString("en-US")}`,
  work: "scattered",
  actors,
  ours: troupe,
  peers: [bare, bareRing],
  goals: [],
  sizing: rate(crowd),
}));
