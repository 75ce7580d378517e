// `npm run simulate`: runs a scenario for many seeds, each of them a world of its own, and says in one
// line what came of it. A seed that fails is replayed by its number. Every tenth is run twice, to see
// that equal seeds give equal runs.
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { linksScenario } from "./links-scenario.ts";
import type { RunReport, Scenario } from "./scenario.ts";

const scenarios: readonly Scenario[] = [linksScenario];
const seedsDefault = 100;
const seedMax = Number.MAX_SAFE_INTEGER;
/** Every so many seeds one is run twice, the first included. */
const repeatEvery = 10;
/** From so many seeds on, every fact must have happened at least once. */
const seedsForFacts = 50;
const progressEveryMs = 200;

export const usage = `npm run simulate -- [--seeds N] [--seed S] [--scenario NAME]

  --seeds N         how many seeds to run; default: ${seedsDefault}, or 1 when --seed is given
  --seed S          the first seed; default: 1
  --scenario NAME   ${scenarios.map(({ name }) => name).join(", ")}; default: all
  --help            this text

Exit status: 0 when all promises were kept, 1 when one was broken, 2 when it was called wrongly.`;

export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly firstSeed: number;
  readonly seeds: number;
}

/** What the arguments ask for; a text when they ask for it (status 0) or cannot be met (2). */
export function planOf(
  args: readonly string[],
): Plan | { readonly text: string; readonly status: 0 | 2 } {
  const wrong = (what: string) => ({ text: `${what}\n\n${usage}`, status: 2 as const });
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: "string" },
        seed: { type: "string" },
        scenario: { type: "string" },
        help: { type: "boolean" },
      },
    });
    if (values.help) return { text: usage, status: 0 };
    const chosen = scenarios.filter(
      ({ name }) => values.scenario === undefined || name === values.scenario,
    );
    if (chosen.length === 0) return wrong(`There is no scenario ${values.scenario}.`);
    const firstSeed = integerOf(values.seed ?? "1", 0);
    if (firstSeed === undefined)
      return wrong(`--seed is an integer from 0 on, not ${values.seed}.`);
    const seeds = integerOf(values.seeds ?? String(values.seed ? 1 : seedsDefault), 1);
    if (seeds === undefined) return wrong(`--seeds is an integer from 1 on, not ${values.seeds}.`);
    if (firstSeed > seedMax - (seeds - 1)) return wrong(`Seeds go up to ${seedMax}.`);
    return { scenarios: chosen, firstSeed, seeds };
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

/** Runs what the arguments ask for; answers the exit status. */
export function runSimulate(args: readonly string[]): number {
  const plan = planOf(args);
  if ("text" in plan) {
    (plan.status === 0 ? console.log : console.error)(plan.text);
    return plan.status;
  }
  const isGood = plan.scenarios.map((scenario) => runScenario(scenario, plan)).every(Boolean);
  return isGood ? 0 : 1;
}

function runScenario(scenario: Scenario, { firstSeed, seeds }: Plan): boolean {
  const startMs = performance.now();
  const sum = new RunSum();
  let progressMs = startMs;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const report = scenario.run(seed);
    const problem = problemOf(scenario, report, seed - firstSeed);
    if (problem !== undefined) {
      clearProgress();
      console.error(`${scenario.name}, seed ${seed}: ${problem}`);
      console.error(`\nReplay: npm run simulate -- --scenario ${scenario.name} --seed ${seed}`);
      return false;
    }
    sum.add(report);
    if (performance.now() - progressMs < progressEveryMs) continue;
    progressMs = performance.now();
    showProgress(`${scenario.name}: ${seed - firstSeed + 1} of ${seeds} seeds`);
  }
  clearProgress();
  console.log(`${scenario.name}: ${sum.line(performance.now() - startMs)}`);
  const missing = seeds < seedsForFacts ? [] : sum.missing;
  if (missing.length === 0) return true;
  console.error(`${scenario.name}: inconclusive, as these never happened: ${missing.join(", ")}`);
  return false;
}

/** Why this run counts as failed, if it does; every tenth is run again to compare. */
function problemOf(scenario: Scenario, report: RunReport, index: number): string | undefined {
  const { failure, seed, digest } = report;
  if (failure) {
    const { statement, lastMarks, lastLines } = failure;
    const story = [
      "Last turns of the story:",
      ...lastMarks,
      "",
      "Last of everything:",
      ...lastLines,
    ];
    return `${statement}\n\n${story.join("\n")}`;
  }
  if (index % repeatEvery !== 0) return undefined;
  const again = scenario.run(seed).digest;
  if (again === digest) return undefined;
  return `two runs differ, their traces have the hashes ${digest} and ${again}`;
}

/** What all runs together come to. */
class RunSum {
  readonly #hash = createHash("sha256");
  readonly #facts = new Map<string, number>();
  #runs = 0;
  #virtualMs = 0;
  #events = 0;

  add({ virtualMs, events, digest, facts }: RunReport): void {
    this.#runs++;
    this.#virtualMs += virtualMs;
    this.#events += events;
    this.#hash.update(digest);
    for (const [fact, times] of Object.entries(facts)) {
      this.#facts.set(fact, (this.#facts.get(fact) ?? 0) + times);
    }
  }

  /** Facts that no run saw. */
  get missing(): readonly string[] {
    return [...this.#facts].filter(([, times]) => times === 0).map(([fact]) => fact);
  }

  line(elapsedMs: number): string {
    const rate = Math.round(this.#events / (elapsedMs / 1_000));
    const facts = [...this.#facts].map(([fact, times]) => `${fact} ${times}`).join(", ");
    return [
      `${this.#runs} seeds, ${Math.round(this.#virtualMs / 1_000)} virtual s`,
      `${this.#events} events, ${rate} events/s, traces ${this.#hash.copy().digest("hex")}`,
      `(${facts})`,
    ].join(", ");
  }
}

function integerOf(text: string, min: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= seedMax ? value : undefined;
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}
