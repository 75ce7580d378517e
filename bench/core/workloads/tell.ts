// W1: one actor counts two-field messages of one producer, which lets the event loop go round after
// every thousand.
import {
  actorTs,
  bare,
  bareDispatch,
  bareDispatchLoop,
  bareLoop,
  comedy,
  erlang,
  erlangParallel,
  genServer,
  nact,
  troupe,
  troupeAs,
  troupeHookless,
  troupeObserved,
  xstateCallback,
  xstateTransition,
} from "../entrants.ts";
import { atLeast, rate, type Workload } from "../workload.ts";

const amount = { grain: 1_000, countMax: 100_000_000 } as const;

export const tell: Workload = {
  title: "W1 tell",
  work: "tell",
  actors: 1,
  ours: troupe,
  peers: [
    bare,
    bareDispatch,
    ...[actorTs, nact, comedy, xstateCallback, xstateTransition],
    ...[erlang, erlangParallel, genServer("cast")],
  ],
  goals: [
    atLeast(0.6, bareLoop),
    atLeast(0.6, bareDispatchLoop),
    atLeast(2, "Erlang/OTP"),
    atLeast(2, "Erlang/OTP parallel"),
    atLeast(3, "actor-ts"),
    atLeast(20, "nact"),
  ],
  sizing: rate(amount),
};

/** What it costs that somebody watches each message; a doubling is what we allow ourselves. */
export const observedTell: Workload = {
  title: "W1 tell, observed",
  work: "observed tell",
  actors: 1,
  ours: troupeObserved,
  peers: [troupeAs("troupe unobserved", { work: "tell" })],
  goals: [atLeast(0.5, "troupe unobserved")],
  sizing: rate(amount),
};

/** What the possibility costs as long as nobody watches. */
export const unobservedTell: Workload = {
  title: "W1 tell, nobody observing",
  work: "tell",
  actors: 1,
  ours: troupe,
  peers: [troupeHookless],
  goals: [atLeast(0.95, troupeHookless.peer)],
  sizing: rate(amount),
};
