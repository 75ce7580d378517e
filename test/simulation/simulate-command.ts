// `npm run simulate`: runs scenarios for many seeds, each of them a world of its own, and says in one
// line what came of it. What fails is made as short as it gets, and told with the call that repeats it.
import { readFileSync, writeFileSync } from "node:fs";
import { Failure } from "#protocols/failure.ts";
import { exhaustCrashes } from "#runtime/testkit/simulation/exhaustion.ts";
import { checkPlan, type RunPlan } from "#runtime/testkit/simulation/run-plan.ts";
import { shrinkRun } from "#runtime/testkit/simulation/shrink.ts";
import type { SimulationResult } from "#runtime/testkit/simulation/simulate.ts";
import { formatFailure, formatShrunk } from "#runtime/testkit/simulation/simulation-report.ts";
import { RunSum } from "./run-sum.ts";
import { runSeed, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { SeedProgress } from "./seed-progress.ts";
import { runRange, type SeedRun } from "./seed-runs.ts";
import { requestOf, type SeedsRequest } from "./simulate-request.ts";

/** Every so many seeds one is run twice, the first included. */
const twiceEvery = 10;
/** Runs to make one of many failures shorter, while the other seeds wait. */
const shrinksMaxOfLong = 60;
/** From so many seeds on, what is `sometimes` must have happened. */
const seedsForFacts = 50;

/** Runs what the arguments ask for; answers the exit status. */
export async function runSimulate(args: readonly string[]): Promise<number> {
  const request = requestOf(args);
  try {
    switch (request.kind) {
      case "text":
        (request.status === 0 ? console.log : console.error)(request.text);
        return request.status;
      case "seeds":
        return await statusOf(request.scenarios, (scenario) => runSeeds(scenario, request));
      case "exhaust":
        return await statusOf(request.scenarios, runExhausted);
      case "faults": {
        const { scenario, seed, faults } = request;
        return await runOnce(scenario, checkPlan({ ...scenario.planOf(seed), faults }));
      }
      case "replay":
        return await runKept(request.file);
      default:
        return request satisfies never;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.detail);
    return 2;
  }
}

async function statusOf(
  chosen: readonly Scenario[],
  run: (scenario: Scenario) => Promise<boolean>,
): Promise<number> {
  let status = 0;
  for (const scenario of chosen) if (!(await run(scenario))) status = 1;
  return status;
}

async function runSeeds(scenario: Scenario, request: SeedsRequest): Promise<boolean> {
  const { firstSeed, seeds, repeat, jobs, failuresMax, isLong } = request;
  const startMs = performance.now();
  const sum = new RunSum();
  const progress = new SeedProgress({ isLong });
  let [failures, done] = [0, 0];
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  if (isLong) process.once("SIGINT", stop);
  await runRange({
    ...{ scenario, firstSeed, seeds, jobs },
    runsOf: (seed) => repeat ?? ((seed - firstSeed) % twiceEvery === 0 ? 2 : 1),
    each: async (run) => {
      done += 1;
      sum.add(run.outcome);
      const problem = await problemOf(scenario, run, request);
      if (problem !== undefined) {
        failures += 1;
        progress.clear();
        console.error(problem);
      }
      const elapsedMs = performance.now() - startMs;
      progress.show({ name: scenario.name, done, seeds, elapsedMs });
      return failures < failuresMax && !isStopped;
    },
  });
  process.removeListener("SIGINT", stop);
  progress.clear();
  if (failures > 0 && !isLong) return false;
  console.log(`${scenario.name}: ${sum.line(performance.now() - startMs)}`);
  if (isLong) for (const line of sum.told(scenario.summary ?? [])) console.log(line);
  if (done < seeds)
    console.log(goOn(scenario, { firstSeed: firstSeed + done, seeds: seeds - done }));
  if (failures > 0 || done < seeds) return false;
  const missing = seeds < seedsForFacts ? [] : sum.missing(scenario.sometimes);
  if (missing.length === 0) return true;
  console.error(`${scenario.name}: inconclusive, as these never happened: ${missing.join(", ")}`);
  return false;
}

const goOn = (
  { name }: Scenario,
  { firstSeed, seeds }: Pick<SeedsRequest, "firstSeed" | "seeds">,
): string =>
  `Go on: npm run simulate -- --scenario ${name} --long --seed ${firstSeed} --seeds ${seeds}`;

/** What is to be said of a seed; undefined when all is well. */
async function problemOf(
  scenario: Scenario,
  { seed, outcome, differing }: SeedRun,
  request: SeedsRequest,
): Promise<string | undefined> {
  if (outcome.violation) return toldFailure(scenario, await runSeed(scenario, seed), request);
  if (differing === undefined) return undefined;
  const traces = `their traces have the hashes ${outcome.digest} and ${differing.digest}`;
  return `${scenario.name}, seed ${seed}: two runs differ in run ${differing.run}, ${traces}`;
}

async function toldFailure(
  scenario: Scenario,
  failed: SimulationResult,
  { keep, isLong }: Pick<SeedsRequest, "keep" | "isLong">,
): Promise<string> {
  const { name } = scenario;
  const { seed } = failed.plan;
  const bySeed = `npm run simulate -- --scenario ${name} --seed ${seed}`;
  const { checker, statement: broken } = failed.violation ?? {};
  const statement = `${name}, seed ${seed}: ${checker}: ${broken}`;
  if (!failed.violation) return `${statement}: it does not fail again: two runs differ.`;
  const again = await scenario.runPlan(failed.plan);
  if (!again.violation) return `${statement}\n\nIt does not fail again: two runs differ.`;
  const shrunk = await shrinkRun(
    (plan) => scenario.runPlan(plan),
    failed,
    isLong ? { runsMax: shrinksMaxOfLong } : {},
  );
  const { faults } = shrunk.withAllSteps.plan;
  const replay = `Replay: ${bySeed} --faults '${JSON.stringify(faults)}'`;
  const told = [statement, "", formatShrunk(failed, shrunk), "", replay];
  if (keep === undefined) return told.join("\n");
  const kept = { scenario: name, plan: shrunk.result.plan };
  writeFileSync(keep, `${JSON.stringify(kept, undefined, 2)}\n`);
  return [...told, `Shortest: npm run simulate -- --replay ${keep}`].join("\n");
}

async function runOnce(scenario: Scenario, plan: RunPlan): Promise<number> {
  const result = await scenario.runPlan(plan);
  if (result.violation) console.error(formatFailure(result));
  else {
    const { seed, faults, steps } = plan;
    const what = `${faults.length} faults, ${steps.length} steps, ${result.events} events`;
    console.log(`seed ${seed}: all promises kept (${what}, trace ${result.digest})`);
  }
  return result.violation ? 1 : 0;
}

async function runKept(file: string): Promise<number> {
  const kept = readKept(file);
  const scenario = scenarios.find(({ name }) => name === kept.scenario);
  if (!scenario) throw new Failure("invalid", `${file} is of no scenario: ${kept.scenario}`);
  return runOnce(scenario, checkPlan(kept.plan));
}

function readKept(file: string): { readonly scenario: string; readonly plan: unknown } {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof kept === "object" && kept !== null && "scenario" in kept && "plan" in kept) {
      return { scenario: String(kept.scenario), plan: kept.plan };
    }
  } catch (error) {
    throw new Failure("invalid", `${file} cannot be read: ${Failure.of(error).detail}`);
  }
  throw new Failure("invalid", `${file} is no kept plan: it has no scenario and plan`);
}

async function runExhausted({ name, small }: Scenario): Promise<boolean> {
  if (!small) {
    console.log(`${name}: has no world small enough`);
    return true;
  }
  const { operations, runs, crashes, failed } = await exhaustCrashes(small, { seed: 1 });
  console.log(`${name}: ${operations} operations, ${runs} runs, ${crashes} with a crash`);
  if (failed) console.error(formatFailure(failed));
  return failed === undefined;
}
