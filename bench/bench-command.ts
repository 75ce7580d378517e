// The command line of the benchmarks. A missed goal is a line of the report; only a suite that
// could not run is a failure.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Failure } from "#protocols/failure.ts";
import type { Scale, SuiteOutcome } from "./contest.ts";
import { publish } from "./report.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** What `bench/<suite>/main.ts` exports. */
export interface Suite {
  /** `only` picks the workloads whose titles contain it. */
  run(scale: Scale, only?: string): Promise<SuiteOutcome>;
  /** Writes a V8 profile of what it names; answers the file. */
  profile?(target: string, folder: string): Promise<string>;
}

/** Answers the exit status: 0 when the suite ran, 1 when it could not, 2 for wrong arguments. */
export async function runBench(args: readonly string[], suitesFolder = folder): Promise<number> {
  const options = args.filter((arg) => arg.startsWith("-"));
  const [suite, ...more] = args.filter((arg) => !arg.startsWith("-"));
  const suites = suitesIn(suitesFolder);
  if (options.includes("--help") || (suite === undefined && options.length === 0)) {
    console.log(usage(suites));
    return 0;
  }
  const wrong = wrongIn({ options, suite, more, suites });
  if (wrong !== undefined) {
    console.error(`${wrong}\n\n${usage(suites)}`);
    return 2;
  }
  return await runSuite({
    suite: String(suite),
    scale: options.includes("--quick") ? "quick" : "full",
    only: optionValue(options, "--only"),
    profile: optionValue(options, "--profile"),
    suitesFolder,
  });
}

const optionValue = (options: readonly string[], name: string): string | undefined =>
  options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);

async function runSuite(order: {
  readonly suite: string;
  readonly scale: Scale;
  readonly only: string | undefined;
  readonly profile: string | undefined;
  readonly suitesFolder: string;
}): Promise<number> {
  const { only, profile, suite, scale, suitesFolder } = order;
  const results = join(suitesFolder, "results");
  try {
    const file = join(suitesFolder, suite, "main.ts");
    const loaded: Suite = await import(pathToFileURL(file).href);
    if (profile !== undefined) {
      if (!loaded.profile) throw new Error("it makes no profiles");
      console.log(`Written: ${await loaded.profile(profile, results)}`);
      return 0;
    }
    const startedAt = new Date();
    const outcome = await loaded.run(scale, only);
    const into = only === undefined ? results : undefined;
    publish({ suite, scale, startedAt, outcome, folder: into });
    return 0;
  } catch (error) {
    // Whoever reads a failure needs no stack; of anything else it is the best clue.
    console.error(
      `The suite ${suite} could not run:`,
      error instanceof Failure ? error.message : error,
    );
    return 1;
  }
}

function wrongIn(given: {
  readonly options: readonly string[];
  readonly suite: string | undefined;
  readonly more: readonly string[];
  readonly suites: readonly string[];
}): string | undefined {
  const { options, suite, more, suites } = given;
  const unknown = options.find((option) => !/^--(quick|(only|profile)=.+)$/.test(option));
  if (unknown !== undefined) return `There is no option ${unknown}.`;
  if (more.length > 0) return `One suite at a time, please: ${[suite, ...more].join(", ")}.`;
  if (suite === undefined) return "Name a suite.";
  return suites.includes(suite) ? undefined : `There is no suite ${suite}.`;
}

const suitesIn = (suitesFolder: string): readonly string[] =>
  readdirSync(suitesFolder)
    .filter((name) => existsSync(join(suitesFolder, name, "main.ts")))
    .sort();

const usage = (
  suites: readonly string[],
): string => `npm run bench -- <suite> [--quick] [--only=WORD]

  --quick         fewer and shorter rounds: shows that it works, proves nothing
  --only=WORD     only the workloads whose titles contain the word; writes no results
  --profile=WHAT  writes a V8 profile instead; CONTENDER:WORK, as in core troupe:tell, links troupe:stream
  --help          this text

Suites: ${suites.length === 0 ? "none yet (bench/<suite>/main.ts makes one)" : suites.join(", ")}.
Results of whole runs are written to bench/results/<suite>.json and bench/results/<suite>.svg.`;
