// A move is broken at every single step, on whole nodes with their real links, directory, sessions and
// recoveries: whoever crashes, freezes or is cut off, there is one actor afterwards, or all hear that there
// is none, and what it has confirmed it knows.
//
// Every day a few faults a step; `TROUPE_MOVE_STEPS=all` tries 46 at each step, in the middle of it and
// after it, of a first move and of one that has a relay: 4,000 worlds, some six minutes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFaults } from "#runtime/testkit/simulation/fault-check.ts";
import { runPlan } from "#runtime/testkit/simulation/simulate.ts";
import { planOf } from "#runtime/testkit/simulation/simulation.ts";
import { type BrokenMove, brokenMoves, fateOf, faultsOf, moveSteps } from "./move-steps-plan.ts";
import { moveWorld } from "./move-steps-world.ts";

const how = process.env.TROUPE_MOVE_STEPS === "all" ? "all" : "chosen";
const moves = brokenMoves(how);
const seed = 1;

/** Facts of a world in which somebody has lost something. */
const lossFacts = /^(refused .*|lost|move refused .*)$/;

async function breakMove(move: BrokenMove): Promise<void> {
  const { before, from, step, what } = move;
  const world = moveWorld(move);
  const drawn = planOf(world, seed);
  const plan = { ...drawn, faults: checkFaults(faultsOf(move), drawn) };
  const { facts, violation } = await runPlan(world, plan);
  const told = JSON.stringify({ from, step, what });
  assert.equal(violation, undefined, `${told}: ${violation?.checker}: ${violation?.statement}`);
  assert.equal(facts.fault, before.length + 1, `${told} has happened`);
  const fate = fateOf(move);
  const lives = facts["one lives"] ?? 0;
  assert.equal(lives + (facts["one gone"] ?? 0), 1, `${told}: all hear the same`);
  if (fate !== "either") assert.equal(lives, 1, `${told}: it lives on`);
  if (fate !== "untouched") return;
  assert.equal(facts.handled, facts.sent, `${told}: each note is handled`);
  assert.deepEqual(
    Object.keys(facts).filter((fact) => lossFacts.test(fact)),
    [],
    told,
  );
}

test("whatever fails at whichever step of a move, the actor lives once, or all hear that it is gone", async (context) => {
  for (const step of moveSteps) {
    const ofStep = moves.filter((move) => move.step === step);
    assert.ok(ofStep.length >= (how === "all" ? 60 : 5), `${ofStep.length} ways to fail`);
    await context.test(`when ${step} is reached, in ${ofStep.length} worlds`, async () => {
      for (const move of ofStep) await breakMove(move);
    });
  }
});
