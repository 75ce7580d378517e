// Checks plans of faults that come from outside: from a file, a command line, a test.
import { Failure } from "#protocols/failure.ts";
import { type Fault, type FaultKind, faultKinds, nodesOfFault } from "./fault-plan.ts";

type Rule = (value: unknown) => string | undefined;

const numberFrom =
  (min: number, max = Number.POSITIVE_INFINITY): Rule =>
  (value) =>
    typeof value === "number" && value >= min && value <= max && Number.isFinite(value)
      ? undefined
      : `a number from ${min}${max === Number.POSITIVE_INFINITY ? "" : ` to ${max}`}`;
const oneOf =
  (...words: readonly string[]): Rule =>
  (value) =>
    words.some((word) => word === value) ? undefined : words.join(" or ");
const text: Rule = (value) => (typeof value === "string" ? undefined : "the name of a node");
const whole: Rule = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1 ? undefined : "a whole number from 1";
const groups: Rule = (value) =>
  Array.isArray(value) && value.every((group) => Array.isArray(group) && group.every(isText))
    ? undefined
    : "a list of lists of names";
const isText = (value: unknown): boolean => typeof value === "string";

const lengthMs = numberFrom(0);
const zero: Rule = (value) => (value === 0 ? undefined : "0, as its operation has its own time");
const word: Rule = (value) => (isText(value) && value !== "" ? undefined : "the name of a fact");
const brought: Rule = (value) => (isBroughtFault(value) ? undefined : "a fault of any other kind");
const mode = oneOf("drop", "hold");
const ways = oneOf("one", "both");
const ends = { from: text, to: text, ways };

const rules: Readonly<Record<FaultKind, Readonly<Record<string, Rule>>>> = {
  crash: { node: text, downMs: lengthMs },
  leave: { node: text, downMs: lengthMs },
  pause: { node: text, forMs: lengthMs },
  clock: {
    node: text,
    skewMs: numberFrom(-1e12, 1e12),
    driftPpm: numberFrom(-500_000, 500_000),
  },
  cut: { ...ends, mode, forMs: lengthMs },
  partition: { groups, mode, forMs: lengthMs },
  break: ends,
  stall: ends,
  forge: { from: text, to: text, frames: whole },
  "disk-full": { node: text, forMs: lengthMs },
  "disk-slow": { node: text, forMs: lengthMs, factor: numberFrom(1) },
  "disk-error": { node: text, accesses: whole },
  "bit-flip": { node: text, place: numberFrom(0, 1) },
  "crash-at": { atMs: zero, operation: whole, side: oneOf("before", "after"), downMs: lengthMs },
  upon: { atMs: zero, fact: word, nth: whole, brings: brought },
};

/** The world that a plan of faults is for. */
export interface PlannedWorld {
  readonly nodes: readonly string[];
  /** When all heals. */
  readonly untilMs: number;
}

/** The faults, by time. Fails with `invalid`, naming the first that makes no sense. */
export function checkFaults(value: unknown, world: PlannedWorld): readonly Fault[] {
  if (!Array.isArray(value)) throw new Failure("invalid", "a plan of faults is a list");
  const faults = value.map((fault: unknown, index) => {
    const problem = problemOf(fault, world);
    if (problem !== undefined || !isFault(fault)) {
      throw new Failure("invalid", `fault ${index + 1} of the plan: ${problem}`);
    }
    return fault;
  });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

const isFault = (value: unknown): value is Fault => shapeProblemOf(value) === undefined;

const isBroughtFault = (value: unknown): boolean =>
  isFault(value) && value.kind !== "crash-at" && value.kind !== "upon";

function problemOf(fault: unknown, { nodes, untilMs }: PlannedWorld): string | undefined {
  const problem = shapeProblemOf(fault);
  if (problem !== undefined || !isFault(fault)) return problem;
  if (fault.atMs > untilMs) {
    return `${fault.kind} comes at ${fault.atMs} ms, when all has healed at ${untilMs} ms`;
  }
  const stranger = nodesOfFault(fault).find((name) => !nodes.includes(name));
  if (stranger === undefined) return undefined;
  return `there is no node ${stranger}, only ${nodes.join(", ")}`;
}

function shapeProblemOf(fault: unknown): string | undefined {
  if (typeof fault !== "object" || fault === null) return "a fault is an object";
  const { kind, ...terms }: { kind?: unknown } = fault;
  const known = faultKinds.find((word) => word === kind);
  if (known === undefined) return `kind is one of ${faultKinds.join(", ")}, not ${String(kind)}`;
  const expected = { atMs: lengthMs, ...rules[known] };
  for (const [name, rule] of Object.entries(expected)) {
    const seen: unknown = Reflect.get(terms, name);
    const wanted = rule(seen);
    if (wanted !== undefined) return `${name} of ${known} is ${wanted}, not ${String(seen)}`;
  }
  const extra = Object.keys(terms).find((name) => !Object.hasOwn(expected, name));
  if (extra === undefined) return undefined;
  return `${known} has no ${extra}, only ${Object.keys(expected).join(", ")}`;
}
