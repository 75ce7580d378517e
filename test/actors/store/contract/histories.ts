// Random histories on a store and, where it is another one, on the memory store too, which says what
// the answers should be. A failing history is made shorter, and printed with the way to run it again.
import assert from "node:assert/strict";
import fc from "fast-check";
import { ContractStore } from "./contract-store.ts";
import { type HistoryCommand, historyOf } from "./history-commands.ts";
import { HistoryRun } from "./history-run.ts";
import { memoryFixture } from "./memory-fixture.ts";
import { holdsInvariants, type StoreFixture } from "./store-fixture.ts";

export interface HistoryPlan {
  readonly histories: number;
  readonly commandsCount: number;
  readonly seed: number;
  /** Where in the shrinking of that seed's failure to begin. */
  readonly path: string;
  /** Whether a failing history is made shorter before it is shown. */
  readonly whenFailing: "shrink" | "stop";
}

const usualSeed = 20_011;

/**
 * `TROUPE_HISTORIES=200x100` asks for so many histories of so many commands, from a seed of the day;
 * `TROUPE_SEED` and `TROUPE_PATH` repeat one.
 */
export function historyPlan(usual: Pick<HistoryPlan, "histories" | "commandsCount">): HistoryPlan {
  const { TROUPE_HISTORIES: size, TROUPE_SEED: seed, TROUPE_PATH: path = "" } = process.env;
  const asked = size === undefined ? null : /^(\d+)x(\d+)$/.exec(size);
  if (size !== undefined && !asked) {
    throw new Error(`TROUPE_HISTORIES is ${size}; give histories x commands, such as 200x100`);
  }
  if (seed !== undefined && !/^-?\d+$/.test(seed)) {
    throw new Error(`TROUPE_SEED is ${seed}; give the whole number that a failure has printed`);
  }
  return {
    histories: asked ? Number(asked[1]) : usual.histories,
    commandsCount: asked ? Number(asked[2]) : usual.commandsCount,
    seed: seed !== undefined ? Number(seed) : asked ? Date.now() % 2 ** 31 : usualSeed,
    path,
    whenFailing: "shrink",
  };
}

/**
 * Fails with the shortest failing history that was found. `judge`: the store that says what the
 * answers should be, or the invariants alone.
 */
export async function holdsInHistories(
  fixture: StoreFixture,
  plan: HistoryPlan,
  judge: StoreFixture | "invariants" = memoryFixture,
): Promise<void> {
  const history = historyOf(plan.commandsCount);
  const oracle = judge === "invariants" || judge === fixture ? undefined : judge;
  const property = fc.asyncProperty(history, (commands) =>
    agrees(fixture, withoutGaps(commands), oracle),
  );
  const { seed, path, histories: numRuns } = plan;
  const details = await fc.check(property, {
    ...{ seed, path, numRuns },
    endOnFailure: plan.whenFailing === "stop",
  });
  if (!details.failed) return;
  const shortest = withoutGaps(details.counterexample?.[0] ?? []);
  const cause = details.errorInstance;
  const size = `TROUPE_HISTORIES=${numRuns}x${plan.commandsCount}`;
  const replay = `${size} TROUPE_SEED=${details.seed} TROUPE_PATH=${details.counterexamplePath}`;
  throw new Error(
    [
      `${fixture.name} breaks in a history of ${shortest.length} commands:`,
      ...shortest.map((command, index) => `  ${index} ${JSON.stringify(command)}`),
      cause instanceof Error ? cause.message : String(cause),
      `run it again: ${replay} node --import tsx --test <this file>`,
    ].join("\n"),
    { cause },
  );
}

const withoutGaps = (commands: readonly (HistoryCommand | null)[]): readonly HistoryCommand[] =>
  commands.filter((command) => command !== null);

async function agrees(
  fixture: StoreFixture,
  commands: readonly HistoryCommand[],
  oracle: StoreFixture | undefined,
): Promise<void> {
  const actual = await answersOf(fixture, commands);
  if (!oracle) return;
  const expected = await answersOf(oracle, commands);
  for (const [index, answer] of expected.entries()) {
    assert.equal(actual[index], answer, `what ${oracle.name} answers`);
  }
}

async function answersOf(
  fixture: StoreFixture,
  commands: readonly HistoryCommand[],
): Promise<readonly string[]> {
  const opened = await fixture.open();
  try {
    const store = new ContractStore(opened);
    const answers = await HistoryRun.of(store, commands);
    await holdsInvariants(store);
    return answers;
  } finally {
    await opened.end();
  }
}
