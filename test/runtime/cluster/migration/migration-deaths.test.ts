// Every numbered step of a move, and at each of them the end of each node, by death and by being cut off.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActorId } from "#protocols/cluster/migration.ts";
import { arrivalSteps } from "#runtime/cluster/migration/arrival.ts";
import { type DepartureStep, departureSteps } from "#runtime/cluster/migration/departure-sink.ts";
import { runMigrations, settle } from "./migration-run.ts";
import { MigrationWorld } from "./migration-world.ts";
import type { ReachedStep } from "./world-terms.ts";

type End = "kill" | "cutOff";
const ends: readonly End[] = ["kill", "cutOff"];
const sourceSteps = Object.keys(departureSteps);
const targetSteps = Object.keys(arrivalSteps);
const stepsOf = { source: sourceSteps, target: targetSteps } as const;

/** Ends a node when the step is reached for the nth time. */
function endAt(plan: { step: string; side: string; nth: number; victim: number; end: End }) {
  let seen = 0;
  return (world: MigrationWorld, at: ReachedStep): void => {
    if (at.side !== plan.side || at.step !== plan.step) return;
    seen += 1;
    const victim = world.nodes[plan.victim];
    if (seen === plan.nth && victim) world[plan.end](victim);
  };
}

for (const side of ["source", "target"] as const) {
  for (const step of stepsOf[side]) {
    test(`whichever node ends when the ${side} has reached ${step}: all that must hold holds`, () => {
      for (const end of ends) {
        for (let victim = 0; victim < 4; victim++) {
          for (let seed = 1; seed <= 12; seed++) {
            const plan = { step, side, nth: 1 + (seed % 3), victim, end };
            // The steps of a recovery need a death before them.
            const deaths = Number(arrivalIsRecovery(step));
            const { violation } = runMigrations({ seed, deaths, reached: endAt(plan) });
            assert.equal(violation, undefined, `${violation} ${JSON.stringify({ seed, ...plan })}`);
          }
        }
      }
    });
  }
}

const arrivalIsRecovery = (step: string): boolean =>
  ["sourceRemoved", "severAsked", "severed", "claimAsked", "claimWon"].includes(step);

// ---- one move, one death: who has the actor afterwards

interface OneMove {
  readonly world: MigrationWorld;
  readonly aid: ActorId;
  readonly source: string;
  readonly target: string;
  readonly wasReached: boolean;
}

function moveOnce(
  seed: number,
  plan: { step: DepartureStep; victim: "source" | "target" },
): OneMove {
  let wasReached = false;
  const world: MigrationWorld = new MigrationWorld(seed, {
    nodes: 3,
    actors: 3,
    sweeper: "patient",
    reached: ({ side, step }) => {
      if (side !== "source" || step !== plan.step || wasReached) return;
      wasReached = true;
      world.kill(plan.victim === "source" ? source : target);
    },
  });
  const aid = world.pick(world.actors);
  const source = world.homeOf(aid) ?? world.pick(world.nodes);
  const target = world.pick(world.nodes.filter((node) => node !== source));
  chatter(world, 30);
  const actor = source.actors.get(aid);
  if (actor) world.move(source, actor, target);
  for (let rounds = 0; rounds < 100 && !wasReached; rounds++) chatter(world, 10);
  chatter(world, 40);
  settle(world);
  return { world, aid, source: source.key, target: target.key, wasReached };
}

function chatter(world: MigrationWorld, count: number): void {
  for (let index = 0; index < count; index++) {
    const node = world.pick(world.living);
    const actor = [...node.actors.values()][0];
    if (actor?.isActive) world.send(node, actor, world.pick(world.actors));
    const deliver = (): boolean => world.deliverOne();
    for (const act of [deliver, deliver, deliver, () => world.directoryStep()]) {
      act();
      // Everybody hears of the death before anything else happens.
      while (world.removalStep());
    }
    if (actor) world.turn(node, actor);
    while (world.removalStep());
  }
}

const deaths: readonly {
  readonly victim: "source" | "target";
  readonly steps: readonly DepartureStep[];
  readonly livesAt: "source" | "target";
}[] = [
  {
    victim: "source",
    steps: ["prepared", "probesIn", "claimAsked", "claimAnswered", "commitSent", "forwarding"],
    livesAt: "target",
  },
  {
    victim: "target",
    steps: ["freezeRequested", "frozen", "probesSent", "transferSent", "prepared", "claimAsked"],
    livesAt: "source",
  },
];

for (const { victim, steps, livesAt } of deaths) {
  for (const step of steps) {
    test(`when the ${victim} dies at ${step}, the actor lives on at the ${livesAt}`, () => {
      let count = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const move = moveOnce(seed, { step, victim });
        const { world, aid, wasReached } = move;
        assert.equal(world.ledger.violation, undefined, `seed ${seed}`);
        if (!wasReached) continue;
        // Probes may be in before the target is prepared: then there is no copy yet.
        if (step === "probesIn" && world.counts.recovered === 0) continue;
        count += 1;
        assert.equal(world.homeOf(aid)?.key, move[livesAt], `seed ${seed}`);
      }
      assert.ok(count >= 5, `${count} of 40 worlds came so far`);
    });
  }
}
