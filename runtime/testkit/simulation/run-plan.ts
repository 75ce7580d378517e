// All that decides a run, as plain data: the seed, and everything drawn from it that can be left out.
// A plan can be printed, kept in a file and read back, and made shorter.
import { Failure } from "#protocols/failure.ts";
import type { BuggifyChoice } from "./buggify-swarm.ts";
import { checkFaults } from "./fault-check.ts";
import type { Fault } from "./fault-plan.ts";
import { type NetworkProfile, networkProfiles } from "./network-weather.ts";

/** Something that the world's users do, at a node: `perform` of the simulation knows what. */
export interface Step {
  readonly atMs: number;
  readonly node: string;
  readonly act: string;
  readonly terms?: Readonly<Record<string, string | number>>;
}

export interface RunPlan {
  readonly seed: number;
  readonly nodes: readonly string[];
  readonly network: NetworkProfile;
  /** When faults and steps end and all heals. */
  readonly untilMs: number;
  /** How long the world then has to come to rest. */
  readonly settleMs: number;
  readonly faults: readonly Fault[];
  readonly steps: readonly Step[];
  readonly buggify: BuggifyChoice;
}

export const nodesMax = 26;

/** A plan that comes from outside. Fails with `invalid`, naming what makes no sense. */
export function checkPlan(value: unknown): RunPlan {
  const fields = recordOf(value, "a plan");
  const nodes = checkNodes(listOf(fields, "nodes", isName, "names of nodes"));
  const network = networkProfiles.find((profile) => profile === fields.network);
  if (network === undefined) {
    throw wrong("network", networkProfiles.join(", "), fields.network);
  }
  const untilMs = numberOf(fields, "untilMs");
  const { buggify } = fields;
  const { seed } = fields;
  if (typeof seed !== "number" || !Number.isSafeInteger(seed)) {
    throw wrong("seed", "a whole number", seed);
  }
  return {
    seed,
    nodes,
    network,
    untilMs,
    settleMs: numberOf(fields, "settleMs"),
    faults: checkFaults(fields.faults, { nodes, untilMs }),
    steps: checkSteps(listOf(fields, "steps", isStep, "steps with atMs, node and act"), {
      nodes,
      untilMs,
    }),
    buggify: buggify === "swarm" ? buggify : listOf(fields, "buggify", isName, "labels"),
  };
}

/** Fails with `invalid` for names of no cluster. */
export function checkNodes(names: readonly string[]): readonly string[] {
  const isGood = names.length >= 1 && names.length <= nodesMax && !names.includes("");
  if (isGood && new Set(names).size === names.length) return names;
  const text = `a cluster has 1 to ${nodesMax} nodes of different names, not ${names.join(", ") || "none"}`;
  throw new Failure("invalid", text);
}

/** The steps, by time. Fails with `invalid`, naming the first that nobody could do. */
export function checkSteps(
  steps: readonly Step[],
  { nodes, untilMs }: Pick<RunPlan, "nodes" | "untilMs">,
): readonly Step[] {
  const isGood = ({ node, atMs }: Step): boolean =>
    nodes.includes(node) && atMs >= 0 && atMs <= untilMs;
  const stray = steps.find((step) => !isGood(step));
  if (!stray) return [...steps].sort((a, b) => a.atMs - b.atMs);
  const text = `step ${stray.act} at ${stray.atMs} ms is for ${stray.node}: there are only ${nodes.join(", ")}, from 0 to ${untilMs} ms`;
  throw new Failure("invalid", text);
}

const isName = (value: unknown): value is string => typeof value === "string" && value !== "";

function isStep(value: unknown): value is Step {
  if (typeof value !== "object" || value === null) return false;
  const { atMs, node, act, terms }: Partial<Record<keyof Step, unknown>> = value;
  const isTerms =
    terms === undefined ||
    (typeof terms === "object" &&
      terms !== null &&
      Object.values(terms).every((term) => typeof term === "string" || typeof term === "number"));
  return typeof atMs === "number" && atMs >= 0 && isName(node) && isName(act) && isTerms;
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return { ...value };
  throw new Failure("invalid", `${what} is an object, not ${String(value)}`);
}

function numberOf(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
  throw wrong(name, "a number from 0", value);
}

function listOf<T>(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  isItem: (value: unknown) => value is T,
  wanted: string,
): readonly T[] {
  const value = fields[name];
  if (Array.isArray(value) && value.every(isItem)) return value;
  throw wrong(name, `a list of ${wanted}`, JSON.stringify(value));
}

const wrong = (name: string, wanted: string, seen: unknown): Failure =>
  new Failure("invalid", `${name} of a plan is ${wanted}, not ${String(seen)}`);
