// The command line of the chaos test.
import { parseArgs } from "node:util";
import type { ProfileName } from "#protocols/outside/topology.ts";
import { chaosReport, isPassed } from "./chaos-report.ts";
import { type ChaosOptions, runChaos } from "./chaos-run.ts";

const usage = `npm run chaos -- [options]

Runs a cluster of real processes, submits tasks, and every two seconds kills or freezes one of its
components; then judges what became of every acknowledged task.

  --workers N        worker nodes, 1 to 32 (10)
  --tasks N          tasks, 1 to 1000000 (5000)
  --seconds N        of faults, 2 to 86400 (120)
  --work N           milliseconds that a task may take, 20 to 60000 (300)
  --hit WHOM         everything, or workers: then tasks are handed on all the time, and what a worker
                     lost must run again by the clock within 17 s, fast 3 s (everything)
  --seed N           draws the faults (1)
  --profile NAME     default or fast: the topology's profile (default)
  --store NAME       sqlite or redis (sqlite)
  --settle N         seconds that tasks may take to end after the last fault (180)
  --log FILE         writes there what the nodes have logged
  --help             this text

Exit code: 0 every promise held, 1 one was broken, 2 wrong arguments, 3 it could not run.`;

const text = { type: "string" } as const;
const bounds = {
  workers: { least: 1, most: 32, standard: 10 },
  tasks: { least: 1, most: 1_000_000, standard: 5_000 },
  seconds: { least: 2, most: 86_400, standard: 120 },
  work: { least: 20, most: 60_000, standard: 300 },
  seed: { least: 0, most: Number.MAX_SAFE_INTEGER, standard: 1 },
  settle: { least: 1, most: 86_400, standard: 180 },
} as const;

export async function runChaosCommand(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === "string") {
    const isHelp = options === "";
    (isHelp ? console.log : console.error)(isHelp ? usage : `${options}\n\n${usage}`);
    return isHelp ? 0 : 2;
  }
  try {
    const outcome = await runChaos(options);
    console.error();
    console.log(chaosReport(outcome, options));
    return isPassed(outcome, options) ? 0 : 1;
  } catch (error) {
    console.error(`\nIt could not run: ${error instanceof Error ? error.message : String(error)}`);
    return 3;
  }
}

/** The options; or what is wrong with them, which is nothing for who wants help. */
export function optionsOf(args: readonly string[]): ChaosOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ workers: text, tasks: text, seconds: text, seed: text, settle: text, work: text },
        ...{ profile: text, store: text, hit: text, log: text, help: { type: "boolean" } },
      },
    });
    if (values.help === true) return "";
    const { hit = "everything", profile = "default", store = "sqlite" } = values;
    if (!isProfile(profile)) return `--profile is ${profile}: write default or fast.`;
    if (store !== "sqlite" && store !== "redis") {
      return `--store is ${store}: write sqlite or redis.`;
    }
    if (hit !== "everything" && hit !== "workers") {
      return `--hit is ${hit}: write everything or workers.`;
    }
    return {
      ...{ workers: whole("workers", values), tasks: whole("tasks", values) },
      ...{ seconds: whole("seconds", values), seed: whole("seed", values) },
      ...{ settleSeconds: whole("settle", values), profile, store, hit, show },
      workMsMax: whole("work", values),
      ...(values.log === undefined ? {} : { log: values.log }),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const isProfile = (name: string): name is ProfileName => name === "default" || name === "fast";

function whole(
  name: keyof typeof bounds,
  values: Readonly<Partial<Record<string, string | boolean>>>,
): number {
  const { least, most, standard } = bounds[name];
  const given = values[name];
  if (given === undefined) return standard;
  const number = Number(given);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`--${name} is ${given}: write a whole number from ${least} to ${most}.`);
}

/** On one line of a terminal; elsewhere a line each ten times. */
function show(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (Math.random() < 0.1) console.error(line);
}
