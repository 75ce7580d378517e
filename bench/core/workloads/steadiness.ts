// What faults and load do: how long until a crashed actor's successor answers, how late the event
// loop comes back while actors never rest, and what one of them costs ten thousand quiet ones.
import { bare, erlang, nact, troupe, troupeAs } from "../entrants.ts";
import { duration, rate, type Workload } from "../workload.ts";

/** Milliseconds that one pass of the dispatcher may keep the event loop, and some for the timer. */
const passMsMax = 10;
const length = duration({ fullMs: 2_000, quickMs: 400 });

export const restart: Workload = {
  title: "Restart: crash to the answer of the next instance, no backoff",
  work: "restart",
  actors: 1,
  ours: troupe,
  peers: [bare, nact, erlang],
  goals: [
    { against: "Erlang/OTP", measure: "p50Ms", as: "ratio", bound: { atMost: 1 } },
    { measure: "p50Ms", as: "value", bound: { atMost: 0.05 } },
  ],
  sizing: rate({ grain: 100, countMax: 100_000 }),
};

export const lateness: Workload = {
  title: "Event loop's delay under full local load",
  work: "lateness",
  actors: 2_000,
  ours: troupe,
  peers: [{ ...bare, peer: "empty event loop", variant: "nothing but the timer" }, nact],
  goals: [
    {
      against: "empty event loop",
      measure: "p99Ms",
      as: "difference",
      bound: { atMost: passMsMax },
    },
    { measure: "p99Ms", as: "value", bound: { atMost: passMsMax } },
  ],
  sizing: length,
};

export const fairness: Workload = {
  title: "Latency of 10,000 quiet actors beside a hot one",
  work: "fairness",
  actors: 10_000,
  ours: troupe,
  peers: [troupeAs("troupe, nobody hot", { work: "quiet alone" }), nact],
  goals: [
    {
      against: "troupe, nobody hot",
      measure: "p99Ms",
      as: "difference",
      bound: { atMost: passMsMax },
    },
  ],
  sizing: length,
};
