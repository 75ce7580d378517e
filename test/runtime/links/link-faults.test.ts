import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { World } from "./link-world.ts";

type Step =
  | { readonly kind: "send"; readonly by: 0 | 1; readonly count: number }
  | { readonly kind: "land" | "repeat" | "lose"; readonly at: number }
  | { readonly kind: "break" | "cut"; readonly at: number }
  | { readonly kind: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    by: fc.constantFrom(0 as const, 1 as const),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("land" as const), at: fc.nat(6) }) },
  fc.record({ kind: fc.constantFrom("repeat" as const, "lose" as const), at: fc.nat(6) }),
  fc.record({ kind: fc.constantFrom("break" as const, "cut" as const), at: fc.nat(3) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 60 }) }),
);

function act(world: World, wanted: Step, sent: [number[], number[]]): void {
  world.connect();
  switch (wanted.kind) {
    case "send":
      for (let index = 0; index < wanted.count; index++) {
        const value: number = sent[wanted.by].length;
        assert.equal(world.nodes[wanted.by]?.send(value), "accepted");
        sent[wanted.by].push(value);
      }
      return;
    case "land":
      if (world.flights.length > 0) world.land(wanted.at % world.flights.length);
      return;
    case "repeat": {
      const flight = world.flights[wanted.at % Math.max(1, world.flights.length)];
      if (flight) world.arrive(flight);
      return;
    }
    case "lose":
      if (world.flights.length > 0) world.flights.splice(wanted.at % world.flights.length, 1);
      return;
    case "break":
    case "cut": {
      const connection = world.connections[wanted.at % Math.max(1, world.connections.length)];
      if (connection === undefined) return;
      if (wanted.kind === "break") world.breakConnection(connection);
      else world.cut(connection);
      return;
    }
    case "pass":
      world.advance(wanted.ms);
      return;
    default:
      wanted satisfies never;
  }
}

test("loss, repetition, reordering and cuts at any point: once, in order, nothing missing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const world = new World();
      const a = world.start("a", 1, "b");
      const b = world.start("b", 1, "a");
      const sent: [number[], number[]] = [[], []];
      a.send("a greets");
      b.send("b greets");
      world.run(50);
      // Faults last less than the time after which a silent peer would be down.
      const endMs = world.nowMs + 650;
      for (const wanted of steps) if (world.nowMs < endMs) act(world, wanted, sent);
      world.run(6_000, 20);
      assert.deepEqual(b.received, ["a greets", ...sent[0]]);
      assert.deepEqual(a.received, ["b greets", ...sent[1]]);
      assert(a.link.isDrained && b.link.isDrained);
      assert.deepEqual([a.events, b.events], [["up b~1"], ["up a~1"]]);
    }),
    { numRuns: 1_500 },
  );
});
