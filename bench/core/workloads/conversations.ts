// W2: two actors that talk: a question after each answer, and a ball that goes to and fro.
import {
  actorTs,
  bare,
  bareDispatch,
  bareDispatchLoop,
  bareLoop,
  bareRing,
  comedy,
  erlang,
  genServer,
  nact,
  troupe,
  xstateCallback,
} from "../entrants.ts";
import { atLeast, rate, type Workload } from "../workload.ts";

export const ask: Workload = {
  title: "W2 ask",
  work: "ask",
  actors: 2,
  ours: troupe,
  peers: [bare, bareDispatch, actorTs, nact, comedy, xstateCallback, erlang, genServer("call")],
  goals: [
    atLeast(0.6, bareLoop),
    atLeast(0.6, bareDispatchLoop),
    atLeast(3, "Erlang/OTP gen_server call"),
  ],
  sizing: rate({ grain: 1_000, countMax: 20_000_000 }),
};

export const pingPong: Workload = {
  title: "W2 tell ping-pong",
  work: "ping-pong",
  actors: 2,
  ours: troupe,
  peers: [bare, bareRing, actorTs, nact, comedy, xstateCallback, erlang],
  goals: [atLeast(0.6, bareLoop), atLeast(2, "Erlang/OTP")],
  sizing: rate({ grain: 1_000, countMax: 200_000_000 }),
};
