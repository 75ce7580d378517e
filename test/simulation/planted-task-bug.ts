// A rule of tasks broken in the real code: the check that is there for it says so within so many worlds.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { runSeed } from "./scenario.ts";
import { tasks } from "./tasks/tasks-scenario.ts";

const seedsToCatch = 200;

export interface PlantedTaskBug {
  readonly name: string;
  readonly plant: (context: TestContext) => void;
  /** The check that is to see it. */
  readonly seenBy: RegExp;
}

export function testCaught({ name, plant, seenBy }: PlantedTaskBug): void {
  test(`${name} is caught within ${seedsToCatch} clusters with tasks`, async (context) => {
    plant(context);
    for (let seed = 1; seed <= seedsToCatch; seed += 1) {
      const { violation } = await runSeed(tasks, seed);
      if (!violation) continue;
      assert.match(violation.checker, seenBy, violation.statement);
      context.diagnostic(`seed ${seed}: ${violation.checker}: ${violation.statement}`);
      return;
    }
    assert.fail(`${seedsToCatch} seeds did not show it`);
  });
}
