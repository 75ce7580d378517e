import assert from "node:assert/strict";
import { test } from "node:test";
import { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";
import { networkWeather } from "#runtime/testkit/simulation/network-weather.ts";
import { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import type { Station } from "#runtime/testkit/simulation/wire.ts";

/** Two stations, each connected to the other by a wire of its own; what each has heard. */
function scene() {
  const chance = Chance.ofSeed(1);
  const agenda = new Agenda(chance.branch("order").random);
  const weather = networkWeather("calm", chance);
  const network = new SimulatedNetwork({ agenda, chance, trace: new RunTrace() }, weather);
  const heardAtMs = new Map<string, number[]>();
  const station = (name: string): Station => ({
    name,
    run: (act) => act(),
    arrived: () => heardAtMs.get(name)?.push(agenda.nowMs),
  });
  const events = {
    connected: () => {},
    disconnected: () => {},
    returned: () => {},
    writable: () => {},
  };
  const [a, b] = [station("a"), station("b")];
  for (const each of [a, b]) {
    heardAtMs.set(each.name, []);
    network.listen(`to ${each.name}`, each);
  }
  const wires = {
    ab: network.dial({ from: a, address: "to b", events }),
    ba: network.dial({ from: b, address: "to a", events }),
  };
  agenda.runUntil(10);
  const say = (wire: keyof typeof wires) => network.send(wires[wire], [Buffer.alloc(24)]);
  return { agenda, network, wires, say, heardAtMs };
}

test("of cuts that overlap the one that ends last counts", () => {
  const { agenda, network, say, heardAtMs } = scene();
  network.cut({ from: "a", to: "b" }, 500, "hold");
  agenda.runUntil(20);
  network.cut({ from: "a", to: "b" }, 50, "drop");
  agenda.runUntil(100);
  say("ab");
  agenda.runUntil(505);
  assert.deepEqual(heardAtMs.get("b"), []);
  agenda.runUntil(600);
  const [atMs = 0] = heardAtMs.get("b") ?? [];
  assert.ok(atMs >= 510 && atMs < 515, `${atMs} ms`);
});

test("a way has the connections that its beginning made, both ways have all", () => {
  const { network, wires } = scene();
  const numbersOf = (ways: "one" | "both") =>
    network.wiresBetween({ from: "a", to: "b" }, ways).map(({ number }) => number);
  assert.deepEqual(numbersOf("one"), [wires.ab.number]);
  assert.deepEqual(numbersOf("both"), [wires.ab.number, wires.ba.number]);
  network.break(wires.ab);
  assert.deepEqual(numbersOf("both"), [wires.ba.number]);
});
