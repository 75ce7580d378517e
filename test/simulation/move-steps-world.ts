// Four nodes on a good network, and one actor that moves from `b` to `c` while all write to it and it
// writes to another one: the world in which a move is broken at each of its steps.
//
//   a  the directory        b  the source        c  the target        d  where the other one lives
//
//   0 ── all meet ── perhaps a move from d to b ── the move from b to c, and a fault ── all heal ── judged
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import type { BroughtFault } from "#runtime/testkit/simulation/fault-plan.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation } from "#runtime/testkit/simulation/simulation.ts";
import { atMostOnce, inOrder } from "#runtime/testkit/simulation/stream-checks.ts";
import { Journal, journalKey } from "./clerk-actor.ts";
import { type Herald, HeraldActor } from "./herald-actor.ts";
import { livesAsHeard, lostWithNodesOnly, oneLife, stateKept } from "./journey-checks.ts";
import { everyoneHears } from "./moving-scenario.ts";
import { Nomad, NomadActor } from "./nomad-actor.ts";

const names = ["one", "two"] as const;
/** Where the one that stays is, and the other is born where a move comes before the one that is tried. */
const home = "d";
const tickMs = 200;
const meetMs = 200;
const moveMs = 500;
const heraldsUntilMs = 4_500;
const askMsMax = 3_500;

export interface MoveTerms {
  /** `birth`: its first move. `relay`: it has come from `d`, which goes on handing messages to it. */
  readonly from: "birth" | "relay";
  readonly what: BroughtFault;
}

export const moveWorld = ({ from, what }: MoveTerms): Simulation => {
  const birthplace = from === "birth" ? "b" : home;
  // An ask that comes due while its node stands still has as much time on top once that goes on.
  const standsMs = what.kind === "pause" ? what.forMs : 0;
  return {
    nodes: ["a", "b", "c", "d"],
    until: "5s",
    // The end of an actor whose node is gone is told up to 10 s later.
    settle: "13s",
    network: "lan",
    buggify: [],
    session: { ttlMs: 1_500 },
    protocols: [Nomad],
    actors: [NomadActor],
    build: (host) => {
      const { node, system } = host;
      system.provide(journalKey, new Journal(host));
      const terms = { oftenUntilMs: moveMs + 200, untilMs: heraldsUntilMs };
      const herald = system.spawn(HeraldActor, terms, { name: "herald" });
      for (const name of names) meet(host, herald, name);
      if (node.incarnation > 1) return;
      const born = names.filter((name) => node.name === (name === "one" ? birthplace : home));
      for (const name of born) {
        const nomad = system.spawn(NomadActor, { name });
        nomad.enlist(name);
        nomad.beginTicking(tickMs);
      }
    },
    workload: {
      plan: () => [
        ...(from === "relay" ? [{ atMs: meetMs + 100, node: "a", act: "bring" }] : []),
        ...Array.from({ length: 20 }, (_, round) => {
          const [by, to] = round % 2 === 0 ? names : names.toReversed();
          const terms = { by: by ?? "", to: to ?? "" };
          return { atMs: moveMs - 150 + round * 20, node: "a", act: "talk", terms };
        }),
        { atMs: moveMs, node: "a", act: "move" },
      ],
      perform,
    },
    verify: async (hosts) => {
      for (const name of names) {
        const heard = await everyoneHears(hosts, name);
        const [host] = hosts.values();
        if (!host) continue;
        const fate = Number.isNaN(Number(heard)) ? "gone" : "lives";
        host.record({ kind: "fact", name: "heard", about: `/${name} ${fate}` });
        host.record({ kind: "fact", name: `${name} ${fate}`, about: heard });
        if (fate === "lives") await saysAll(host, name);
      }
    },
    checks: [
      inOrder,
      atMostOnce,
      lostWithNodesOnly("note"),
      oneLife,
      livesAsHeard({ everyMs: tickMs }),
      stateKept,
      oneOutcome(askMsMax + 2 * standsMs),
      deadLettersCounted,
      accounting,
    ],
  };
};

function meet(host: SimulatedHost, herald: Ref<Herald>, name: string): void {
  void host.session.opened.then(() =>
    host.system.lookup(Nomad, name, 2_000).then(
      (nomad) => herald.meet(nomad),
      () => {},
    ),
  );
}

/** At rest it knows of all that it has handled. */
async function saysAll({ record, system }: SimulatedHost, name: string): Promise<void> {
  const ref = await system.lookup(Nomad, name, 1_000);
  const about = `${referenceKey(ref)} ${await ref.count()}`;
  record({ kind: "fact", name: "said", about });
}

function perform({ act, terms = {} }: Step, { record, system }: SimulatedHost): void {
  const found = (name: string, use: (ref: Ref<Nomad>) => void): void => {
    system.lookup(Nomad, name, 1_000).then(use, () => {});
  };
  const move = (to: string, told: string): void =>
    found("one", (ref) => {
      system.move(ref, { to }).then(
        () => record({ kind: "fact", name: `${told} done`, about: to }),
        (error: unknown) => {
          const { code, detail } = Failure.of(error);
          record({ kind: "fact", name: `${told} refused ${code}`, about: detail });
        },
      );
    });
  switch (act) {
    case "talk":
      found(String(terms.by), (by) => found(String(terms.to), (to) => by.write(to, 1)));
      return;
    case "bring":
      move("b", "bring");
      return;
    case "move":
      move("c", "move");
      return;
    default:
      throw new Failure("internal", `there is no act ${act}`);
  }
}
