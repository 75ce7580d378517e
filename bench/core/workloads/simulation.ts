// W12: simulated clusters. Nobody to compare with: what counts is how many faults a night of runs can
// try out.
import { troupeSimulated } from "../entrants.ts";
import { duration, type Workload } from "../workload.ts";

const length = duration({ fullMs: 3_000, quickMs: 800 });

export const simulatedEvents: Workload = {
  title: "W12 simulated events",
  work: "simulated events",
  actors: 3,
  ours: troupeSimulated,
  peers: [],
  goals: [{ measure: "perSecond", as: "value", bound: { atLeast: 100_000 } }],
  sizing: length,
};

/** Virtual milliseconds a second: a thousand of them are real time. */
export const simulatedTime: Workload = {
  title: "W12 simulated milliseconds of three nodes",
  work: "simulated time",
  actors: 3,
  ours: troupeSimulated,
  peers: [],
  goals: [{ measure: "perSecond", as: "value", bound: { atLeast: 100 * 1_000 } }],
  sizing: length,
};
