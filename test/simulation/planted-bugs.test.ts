// What a simulation that finds nothing is worth: bugs put into the product on purpose, each of which
// must be found within so many seeds and be told with few faults and steps.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Target } from "#protocols/envelope.ts";
import { Asks } from "#runtime/core/asks.ts";
import { Instance } from "#runtime/core/instance.ts";
import { RestartWindow } from "#runtime/core/restart-window.ts";
import { Watching } from "#runtime/core/watch.ts";
import { ReceiveWindow, type WindowVerdict } from "#runtime/links/receive-window.ts";
import { ResendBuffer } from "#runtime/links/resend-buffer.ts";
import type { StoredRow } from "#runtime/persistence/journal.ts";
import { JournalRecovery } from "#runtime/persistence/journal-recovery.ts";
import { JournalWriter } from "#runtime/persistence/journal-writer.ts";
import { shrink } from "#runtime/testkit/simulation/shrink.ts";
import { type SimulationResult, simulate } from "#runtime/testkit/simulation/simulate.ts";
import type { Simulation } from "#runtime/testkit/simulation/simulation.ts";
import { actors } from "./actors-scenario.ts";
import { persistence } from "./persistence-scenario.ts";
import { supervision } from "./supervision-scenario.ts";

const seedsToCatch = 60;
const shrinkRunsMax = 80;

interface PlantedBug {
  readonly name: string;
  readonly simulation: Simulation;
  readonly plant: (context: TestContext) => void;
  readonly seenBy: RegExp;
  /** What is left after shrinking, at most. */
  readonly left: { readonly faults: number; readonly steps: number };
}

const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a receiver that does not drop what comes again",
    simulation: actors,
    plant: ({ mock }) => {
      const { judge } = ReceiveWindow.prototype;
      mock.method(
        ReceiveWindow.prototype,
        "judge",
        function (this: ReceiveWindow, ...args: Parameters<typeof judge>): WindowVerdict {
          const verdict = judge.apply(this, args);
          return verdict.kind === "repeat" ? { kind: "next", skip: 0 } : verdict;
        },
      );
    },
    seenBy: /at most once|in order|terminated once/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "a sender that forgets on reconnecting what was not acknowledged",
    simulation: actors,
    plant: ({ mock }) => {
      mock.method(ResendBuffer.prototype, "rewind", function (this: ResendBuffer) {
        this.acknowledge(this.nextSequence - 1);
      });
    },
    seenBy: /no gap|nothing vanishes|verify|terminated once/,
    left: { faults: 3, steps: 40 },
  },
  {
    name: "a watcher that hears of one end twice",
    simulation: actors,
    plant: ({ mock }) => {
      const { take } = Watching.prototype;
      mock.method(Watching.prototype, "take", function (this: Watching, on: string, to: Target) {
        const ref: AnyRef | undefined = take.call(this, on, to);
        if (ref) this.add(ref);
        return ref;
      });
    },
    seenBy: /terminated once/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "a watcher that does not hear of the end of a node",
    simulation: actors,
    plant: ({ mock }) => {
      mock.method(Watching.prototype, "takeNode", () => []);
    },
    seenBy: /terminated once/,
    left: { faults: 3, steps: 8 },
  },
  {
    name: "an answer that gets lost on its last few metres",
    simulation: actors,
    plant: ({ mock }) => {
      const { take } = Asks.prototype;
      mock.method(Asks.prototype, "take", function (this: Asks, correlation: number) {
        const ask = take.call(this, correlation);
        if (ask) this.closed(ask);
      });
    },
    seenBy: /one outcome|nothing vanishes/,
    left: { faults: 0, steps: 3 },
  },
  {
    name: "a supervisor that does not count restarts",
    simulation: supervision,
    plant: ({ mock }) => {
      mock.method(RestartWindow.prototype, "record", () => true);
    },
    seenBy: /restarts bounded/,
    left: { faults: 3, steps: 300 },
  },
  {
    name: "an instance that begins before its predecessor has said goodbye",
    simulation: supervision,
    plant: ({ mock }) => {
      mock.method(Instance.prototype, "stopped", () => undefined);
    },
    seenBy: /one instance/,
    left: { faults: 0, steps: 1 },
  },
  {
    name: "an event that is acknowledged before it is stored",
    simulation: persistence,
    plant: ({ mock }) => {
      const { persist } = JournalWriter.prototype;
      mock.method(
        JournalWriter.prototype,
        "persist",
        function (this: JournalWriter, ...args: Parameters<typeof persist>) {
          persist.apply(this, args).catch(() => {});
          return Promise.resolve();
        },
      );
    },
    seenBy: /acknowledged stays/,
    left: { faults: 3, steps: 4 },
  },
  {
    name: "a recovery that applies events twice",
    simulation: persistence,
    plant: ({ mock }) => {
      const { takePage } = JournalRecovery.prototype;
      mock.method(
        JournalRecovery.prototype,
        "takePage",
        function (this: JournalRecovery, rows: readonly StoredRow[]) {
          const events = takePage.call(this, rows);
          return [...events, ...events];
        },
      );
    },
    seenBy: /acknowledged stays/,
    left: { faults: 2, steps: 3 },
  },
];

async function firstFailure(simulation: Simulation): Promise<SimulationResult> {
  for (let seed = 1; seed <= seedsToCatch; seed++) {
    const result = await simulate({ ...simulation, seed });
    if (result.violation) return result;
  }
  throw new assert.AssertionError({ message: `${seedsToCatch} seeds did not show it` });
}

for (const { name, simulation, plant, seenBy, left } of plantedBugs) {
  test(`${name} is caught within ${seedsToCatch} seeds, and shrunk`, async (context) => {
    plant(context);
    const failed = await firstFailure(simulation);
    assert.match(failed.violation?.checker ?? "", seenBy, failed.violation?.statement);
    const { result, runs } = await shrink(simulation, failed, { runsMax: shrinkRunsMax });
    const { plan, violation } = result;
    const [faults, steps] = [plan.faults.length, plan.steps.length];
    context.diagnostic(
      `seed ${plan.seed}: ${violation?.statement.split("\n")[0]}; ${faults} faults and ${steps} ` +
        `steps of ${failed.plan.faults.length} and ${failed.plan.steps.length}, in ${runs} runs`,
    );
    assert.equal(violation?.checker, failed.violation?.checker);
    assert.ok(faults <= left.faults, `${faults} faults are left`);
    assert.ok(steps <= left.steps, `${steps} steps are left`);
  });
}
