// What a call of `npm run simulate` asks for.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const seedsDefault = 100;
const seedsLong = 20_000;
const failuresLong = 5;
const jobsMax = 64;
const failuresMaxMax = 1_000;
const seedMax = Number.MAX_SAFE_INTEGER;
const repeatMax = 100_000;

export const usage = `npm run simulate -- [--seeds N] [--seed S] [--scenario NAME] [--repeat N] [--keep FILE]
npm run simulate -- --scenario NAME --long [--seed S] [--seeds N] [--jobs N] [--failures N]
npm run simulate -- --scenario NAME --seed S --faults LIST
npm run simulate -- --replay FILE
npm run simulate -- --exhaust [--scenario NAME]

  --seeds N         how many seeds to run; default: ${seedsDefault}, or 1 when --seed is given
  --seed S          the first seed; default: 1
  --scenario NAME   ${scenarios.map(({ name }) => name).join(", ")}; default: all
  --repeat N        run each seed so often and compare; default: every tenth twice
  --keep FILE       where to write the shortest plan that fails, for --replay
  --long            ${seedsLong} seeds, by all cores, past ${failuresLong} failures, with a summary; an interrupt ends it in order
  --jobs N          processes that run seeds; default: 1, or as many as cores with --long
  --failures N      after how many failures to stop; default: 1, or ${failuresLong} with --long
  --faults LIST     these faults instead of those of the seed, as JSON
  --replay FILE     the plan that --keep wrote, once
  --exhaust         small worlds, with a crash before and after each single operation
  --help            this text

Exit status: 0 when all promises were kept, 1 when one was broken, 2 when it was called wrongly.`;

export type SimulateRequest =
  | SeedsRequest
  | {
      readonly kind: "faults";
      readonly scenario: Scenario;
      readonly seed: number;
      readonly faults: unknown;
    }
  | { readonly kind: "replay"; readonly file: string }
  | { readonly kind: "exhaust"; readonly scenarios: readonly Scenario[] }
  /** A text, because it was asked for or because the call makes no sense. */
  | { readonly kind: "text"; readonly text: string; readonly status: 0 | 2 };

export interface SeedsRequest {
  readonly kind: "seeds";
  readonly scenarios: readonly Scenario[];
  readonly firstSeed: number;
  readonly seeds: number;
  /** Runs of each seed; undefined: every tenth has two. */
  readonly repeat: number | undefined;
  readonly keep: string | undefined;
  /** Processes that run them. */
  readonly jobs: number;
  /** After so many it stops. */
  readonly failuresMax: number;
  readonly isLong: boolean;
}

const options = {
  seeds: { type: "string" },
  seed: { type: "string" },
  scenario: { type: "string" },
  repeat: { type: "string" },
  keep: { type: "string" },
  faults: { type: "string" },
  replay: { type: "string" },
  jobs: { type: "string" },
  failures: { type: "string" },
  long: { type: "boolean" },
  exhaust: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Values = Partial<Readonly<Record<keyof typeof options, string | boolean>>>;

export function requestOf(args: readonly string[]): SimulateRequest {
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return { kind: "text", text: usage, status: 0 };
    return checked(values);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: "text", text: `${text}\n\n${usage}`, status: 2 };
  }
}

function checked(values: Values): SimulateRequest {
  if (typeof values.replay === "string") {
    alone(values, "replay", []);
    return { kind: "replay", file: values.replay };
  }
  const chosen = scenarios.filter(({ name }) =>
    [undefined, name].includes(textOf(values.scenario)),
  );
  if (chosen.length === 0) throw new Error(`There is no scenario ${values.scenario}.`);
  if (values.exhaust) {
    alone(values, "exhaust", ["scenario"]);
    return { kind: "exhaust", scenarios: chosen };
  }
  const firstSeed = integerOf(values, "seed", { min: 0, max: seedMax }) ?? 1;
  if (typeof values.faults === "string") {
    alone(values, "faults", ["scenario", "seed"]);
    const [scenario] = chosen;
    if (!scenario || chosen.length > 1 || values.seed === undefined) {
      throw new Error("--faults needs --scenario and --seed: the rest of the run is theirs.");
    }
    return { kind: "faults", scenario, seed: firstSeed, faults: JSON.parse(values.faults) };
  }
  const isLong = values.long === true;
  const seeds =
    integerOf(values, "seeds", { min: 1, max: seedMax }) ??
    (isLong ? seedsLong : values.seed ? 1 : seedsDefault);
  if (firstSeed > seedMax - (seeds - 1)) throw new Error(`Seeds go up to ${seedMax}.`);
  const repeat = integerOf(values, "repeat", { min: 1, max: repeatMax });
  const jobs =
    integerOf(values, "jobs", { min: 1, max: jobsMax }) ?? (isLong ? availableParallelism() : 1);
  const failuresMax =
    integerOf(values, "failures", { min: 1, max: failuresMaxMax }) ?? (isLong ? failuresLong : 1);
  const run = { firstSeed, seeds, repeat, jobs, failuresMax, isLong };
  return { kind: "seeds", scenarios: chosen, ...run, keep: textOf(values.keep) };
}

function alone(values: Values, option: string, allowed: readonly string[]): void {
  const stray = Object.keys(values).find((name) => name !== option && !allowed.includes(name));
  if (stray === undefined) return;
  throw new Error(`--${option} does not go together with --${stray}.`);
}

function integerOf(
  values: Values,
  name: "seeds" | "seed" | "repeat" | "jobs" | "failures",
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = textOf(values[name]);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`--${name} is an integer from ${min} to ${max}, not ${text}.`);
}

const textOf = (value: string | boolean | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
