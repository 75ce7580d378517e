// W5, W6, W10 and W11: what goes between two processes, by whom, and what is to be reached.

import type { Goal, Scale } from "../contest.ts";
import type { Sizing } from "../core/trial.ts";
import { atLeast, duration, rate } from "../core/workload.ts";
import {
  comedy,
  type Entrant,
  erlang,
  messagePort,
  moleculer,
  nats,
  net,
  transport,
  troupe,
  troupeCurve,
  troupeMoving,
  troupeStaying,
  zeromqBatched,
  zeromqNatural,
  zeromqSingle,
} from "./entrants.ts";
import type { LinkWork } from "./link-runtime.ts";

export interface LinkWorkload {
  /** Begins with its number. */
  readonly title: string;
  readonly work: LinkWork;
  readonly ours: Entrant;
  readonly peers: readonly Entrant[];
  readonly goals: readonly Goal[];
  sizing(scale: Scale): Sizing;
}

const stream: LinkWorkload = {
  title: "W5 tell",
  work: "stream",
  ours: troupe,
  peers: [
    ...[transport, troupeCurve, zeromqBatched, zeromqSingle, net, messagePort],
    ...[erlang("Erlang/OTP", "stream"), nats, moleculer, comedy],
  ],
  goals: [
    atLeast(0.9, zeromqBatched.peer),
    atLeast(2, "Erlang/OTP"),
    atLeast(5, zeromqSingle.peer),
  ],
  sizing: rate({ grain: 1_000, countMax: 20_000_000 }),
};

const conversation = (terms: {
  readonly inFlight: 1 | 64 | 1024;
  readonly goals: readonly Goal[];
}): LinkWorkload => ({
  title: `W6 ask, ${terms.inFlight} in flight`,
  work: `ask ${terms.inFlight}`,
  ours: troupe,
  peers: [
    ...[transport, troupeCurve, zeromqSingle, zeromqNatural, net, messagePort],
    erlang("Erlang/OTP", `send ${terms.inFlight}`),
    erlang("Erlang/OTP gen_server call", `call ${terms.inFlight}`),
    ...[nats, moleculer, comedy],
  ],
  goals: [...terms.goals, atLeast(2, moleculer.peer), atLeast(2, nats.peer)],
  sizing: rate({ grain: terms.inFlight, countMax: 1_000_000 }),
});

const besideBulk: LinkWorkload = {
  title: "W6 ask beside 64 MiB byte arrays on the same link",
  work: "ask beside bulk",
  ours: troupe,
  peers: [troupeCurve, zeromqSingle],
  goals: [{ measure: "p99Ms", as: "value", bound: { atMost: 20 } }],
  sizing: duration({ fullMs: 4_000, quickMs: 1_000 }),
};

const afterCut: LinkWorkload = {
  title: "W10 first answer after a cut has healed",
  work: "ask after a cut",
  ours: transport,
  peers: [zeromqSingle],
  goals: [],
  sizing: duration({ fullMs: 6_000, quickMs: 1_000 }),
};

const moves = (work: LinkWork, title: string): LinkWorkload => ({
  ...{ title, work },
  ours: troupeMoving,
  peers: [troupeStaying],
  goals: [{ against: troupeStaying.peer, measure: "p99Ms", as: "ratio", bound: { atMost: 2 } }],
  sizing: duration({ fullMs: 12_000, quickMs: 2_000 }),
});

export const workloads: readonly LinkWorkload[] = [
  stream,
  conversation({
    inFlight: 1,
    goals: [{ against: zeromqSingle.peer, measure: "p50Ms", as: "ratio", bound: { atMost: 1.3 } }],
  }),
  conversation({ inFlight: 64, goals: [atLeast(1, zeromqNatural.peer)] }),
  conversation({ inFlight: 1024, goals: [] }),
  besideBulk,
  afterCut,
  moves("moves", "W11 pause of an actor that moves under load"),
  moves("moves at the most", "W11 the same at 50,000 messages a second, or all that pass"),
];
