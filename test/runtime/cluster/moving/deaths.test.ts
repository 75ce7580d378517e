// Ends of nodes at each step of a move, on whole nodes: what is sent is handled once, in order, or was
// with the node that ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { arrivalSteps } from "#runtime/cluster/migration/arrival.ts";
import { departureSteps } from "#runtime/cluster/migration/departure-sink.ts";
import { MovableNodes } from "./movable-nodes.ts";
import { Ledger, LedgerActor, TalkerActor } from "./numbered-actors.ts";

const sentByEach = 200;
const names = ["a", "b", "c", "d"];

interface Death {
  readonly who: "source" | "target";
  readonly side: "source" | "target";
  readonly step: string;
}

const deaths: readonly Death[] = (["source", "target"] as const).flatMap((who) => [
  ...Object.keys(departureSteps).map((step) => ({ who, side: "source", step }) as const),
  ...["transferReceived", "preparedSent", "commitReceived", "running"].map(
    (step) => ({ who, side: "target", step }) as const,
  ),
]);

/** A target that ends later may have become the owner before its end is heard of. */
const _beforeReady = [
  "freezeRequested",
  "frozen",
  "probesSent",
  "transferSent",
  "transferReceived",
];

/** A target that ends later may have become the owner before its end is heard of. */
const beforeReady = ["freezeRequested", "frozen", "probesSent", "transferSent", "transferReceived"];

const isRising = (row: readonly number[]): boolean =>
  row.every((number, index) => index === 0 || number > (row[index - 1] ?? 0));

async function moveAndEnd(death: Death, seed: number): Promise<void> {
  const doomed = death.who === "source" ? "b" : "c";
  let hasEnded = false;
  const nodes: MovableNodes = new MovableNodes([LedgerActor, TalkerActor], {
    seed,
    reached: (_, { side, step }) => {
      if (hasEnded || side !== death.side || step !== death.step) return;
      hasEnded = true;
      nodes.kill(doomed);
    },
  });
  await nodes.start(...names);
  const ref = nodes.of("b").system.spawn(LedgerActor, { name: "ledger" });
  const refAt = (name: string): Ref<Ledger> => {
    const { system } = nodes.of(name);
    return system.refFrom(Ledger, system.revive(ref.$.address, ref.$.protocolId));
  };
  for (const name of names) {
    const { system } = nodes.of(name);
    system.spawn(TalkerActor, { name }, { name: `talker-${name}` }).talk(refAt(name), sentByEach);
  }
  await nodes.run(20);
  const moving = nodes.of("b").system.move(refAt("b"), { to: "c" });
  moving.catch(() => {});
  await nodes.run(40_000);
  assert.ok(hasEnded, "the step was reached");
  const { system } = nodes.of("a");
  const about = `${death.who} at ${death.side}'s ${death.step}, seed ${seed}`;
  let all: Readonly<Record<string, readonly number[]>> | undefined;
  try {
    all = await nodes.time.until(refAt("a").all());
  } catch {
    // It is gone with the node that it lived on.
  }
  const isTargetGone = death.who === "target";
  const isHandedOver = ["commitSent", "forwarding", "commitReceived", "running"].includes(
    death.step,
  );
  const isBeforeReady = beforeReady.includes(death.step);
  if (isTargetGone && isBeforeReady) assert.ok(all, `it lives on: ${about}`);
  if (!isTargetGone && isHandedOver) assert.ok(all, `it lives on at the target: ${about}`);
  if (!all) return;
  for (const name of names) {
    const row: readonly number[] = all[name] ?? [];
    assert.ok(isRising(row), `in order and once: ${name} of ${about}: ${row.join(" ")}`);
    if (name !== doomed) assert.equal(row.at(-1), sentByEach - 1, `${name} gets through: ${about}`);
  }
  if (isTargetGone && isBeforeReady) {
    for (const name of ["a", "b", "d"]) assert.equal(all[name]?.length, sentByEach, about);
  }
  assert.ok(system.counts.sent >= 0);
}

for (const death of deaths) {
  test(`the ${death.who} ends when ${death.step} is reached at the ${death.side}`, async () => {
    for (const seed of [1, 2, 3]) await moveAndEnd(death, seed);
  });
}

test("steps of the target are named as its machine names them", () => {
  for (const step of ["transferReceived", "preparedSent", "commitReceived", "running"]) {
    assert.ok(step in arrivalSteps);
  }
});
