// W3: a crowd of idle actors: how fast they are there, and what each takes of heap and of memory.
import type { Goal, Scale } from "../../contest.ts";
import {
  actorTs,
  bare,
  comedy,
  erlang,
  nact,
  troupe,
  troupeAs,
  xstateCallback,
} from "../entrants.ts";
import type { Sizing } from "../trial.ts";
import { atLeast, type Workload } from "../workload.ts";

const population = (count: number): Sizing => ({ kind: "population", count, warmUp: 5_000 });

const memory: readonly Goal[] = [
  { measure: "bytes", as: "value", bound: { atMost: 300 } },
  { measure: "residentBytes", as: "value", bound: { atMost: 600 } },
];

export const spawn: Workload = {
  title: "W3 spawn 100,000 idle actors",
  work: "spawn",
  actors: 1,
  ours: troupe,
  peers: [bare, actorTs, nact, comedy, xstateCallback, erlang],
  goals: [...memory, atLeast(2, "Erlang/OTP")],
  sizing: () => population(100_000),
};

const fewer = "troupe, 100,000";

/** Flat to a million: an actor more costs what one of the first did. A quick run stops at 300,000. */
export const spawnMany: Workload = {
  title: "W3 spawn 1,000,000 idle actors",
  work: "spawn",
  actors: 1,
  ours: troupe,
  peers: [bare, erlang, troupeAs(fewer, { work: "spawn", sizing: population(100_000) })],
  goals: [
    ...memory,
    atLeast(2, "Erlang/OTP"),
    atLeast(0.7, fewer),
    { against: fewer, measure: "bytes", as: "ratio", bound: { atMost: 1.1 } },
  ],
  sizing: (scale: Scale) => population(scale === "full" ? 1_000_000 : 300_000),
};
