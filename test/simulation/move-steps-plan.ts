// Which faults are tried at which steps of a move, and what must have become of the actor after each.
import { type ArrivalStep, arrivalSteps } from "#runtime/cluster/migration/arrival.ts";
import { type DepartureStep, departureSteps } from "#runtime/cluster/migration/departure-sink.ts";
import type { BroughtFault, Fault } from "#runtime/testkit/simulation/fault-plan.ts";
import type { MoveTerms } from "./move-steps-world.ts";

export type MoveStep = `source ${DepartureStep}` | `target ${ArrivalStep}`;

export interface BrokenMove extends MoveTerms {
  readonly step: MoveStep;
  /** What has happened before; without it, the step is not reached. */
  readonly before: readonly Fault[];
}

/** So short that nobody gives up anybody, and so long that all do. */
export const lengthsMs = { short: 400, long: 2_600 } as const;
/** In the middle of the step, and as soon as it is done. */
export const sidesMs = { amid: 0, after: 0.01 } as const;

type Length = keyof typeof lengthsMs;

const nodes = ["a", "b", "c", "d"] as const;

const crashes = (length: Length): readonly BroughtFault[] =>
  nodes.map((node) => ({ kind: "crash", atMs: 0, node, downMs: lengthsMs[length] }));

const pauses = (length: Length): readonly BroughtFault[] =>
  nodes.map((node) => ({ kind: "pause", atMs: 0, node, forMs: lengthsMs[length] }));

const isolations = (length: Length): readonly BroughtFault[] =>
  nodes.map((node) => {
    const groups = [[node], nodes.filter((other) => other !== node)];
    return { kind: "partition", atMs: 0, groups, mode: "drop", forMs: lengthsMs[length] };
  });

const pairs = [
  ["b", "c"],
  ["a", "b"],
  ["a", "c"],
  ["c", "d"],
] as const;

const cuts = (length: Length): readonly BroughtFault[] =>
  pairs.flatMap(([from, to]) => {
    const terms = { kind: "cut", atMs: 0, from, to, forMs: lengthsMs[length] } as const;
    const back = { ...terms, from: to, to: from };
    return [
      { ...terms, ways: "both", mode: "drop" },
      { ...terms, ways: "both", mode: "hold" },
      { ...terms, ways: "one", mode: "drop" },
      { ...back, ways: "one", mode: "drop" },
    ] as const;
  });

const broken: readonly BroughtFault[] = (["break", "stall"] as const).map((kind) => ({
  ...{ kind, atMs: 0, from: "b", to: "c", ways: "both" },
}));

const allFaults: readonly BroughtFault[] = [
  ...(["short", "long"] as const).flatMap((length) => [
    ...crashes(length),
    ...pauses(length),
    ...isolations(length),
    ...cuts(length),
  ]),
  ...broken,
];

/** A few that are of most kinds, for every day. */
const chosenFaults: readonly BroughtFault[] = [
  ...crashes("short"),
  ...pauses("long").slice(1, 3),
  ...isolations("long").slice(1, 2),
  // Of source and target, and of target and the one that stays, by which nobody's session ends.
  ...cuts("long").filter(
    (fault) =>
      fault.kind === "cut" && fault.ways === "both" && fault.mode === "drop" && fault.from !== "a",
  ),
];

const departing: readonly MoveStep[] = [
  ...keysOf(departureSteps).map((step) => `source ${step}` as const),
  ...keysOf(arrivalSteps)
    .filter((step) => arrivalSteps[step] <= 4)
    .map((step) => `target ${step}` as const),
];
const recovering: readonly MoveStep[] = keysOf(arrivalSteps)
  .filter((step) => arrivalSteps[step] > 4)
  .map((step) => `target ${step}` as const);

/** Those of the protocol, and those of the recovery of an actor whose source is gone. */
export const moveSteps: readonly MoveStep[] = [...departing, ...recovering];

/** The source ends as soon as the target has the copy: what comes then is the recovery. */
const sourceEnds = (nth: number): Fault => ({
  ...{ kind: "upon", atMs: 0, fact: "target preparedSent", nth },
  brings: { kind: "crash", atMs: sidesMs.after, node: "b", downMs: lengthsMs.long },
});

export function brokenMoves(how: "chosen" | "all"): readonly BrokenMove[] {
  const worlds = how === "all" ? (["birth", "relay"] as const) : (["birth"] as const);
  const faults = how === "all" ? allFaults : chosenFaults;
  const sides = how === "all" ? Object.values(sidesMs) : [sidesMs.amid];
  return worlds.flatMap((from) =>
    sides.flatMap((atMs) => {
      const timed = faults.map((fault) => ({ ...fault, atMs }));
      const before = [sourceEnds(nthOf(from))];
      return [
        ...departing.flatMap((step) => timed.map((what) => ({ from, step, what, before: [] }))),
        ...recovering.flatMap((step) =>
          timed.filter(isLeftToHappen).map((what) => ({ from, step, what, before })),
        ),
      ];
    }),
  );
}

/** The source is gone by then. */
const isLeftToHappen = (fault: BroughtFault): boolean =>
  !("node" in fault && fault.node === "b") &&
  !("from" in fault && [fault.from, fault.to].includes("b"));

/** Of the move that is tried: one that has a relay has made another move before. */
const nthOf = (from: MoveTerms["from"]): number => (from === "birth" ? 1 : 2);

export function faultsOf({ before, from, step, what }: BrokenMove): readonly Fault[] {
  const isOfRecovery = recovering.includes(step);
  const nth = isOfRecovery ? 1 : nthOf(from);
  return [...before, { kind: "upon", atMs: 0, fact: step, nth, brings: what }];
}

/**
 * What must have become of the actor. `untouched`: nobody has lost anything, no message and no answer.
 * `lives`: nothing else may be, by the table of deaths in docs/cluster.md. `either`: a node has ended that
 * had all there was of it; it may be gone, and then all hear so.
 */
export type Fate = "untouched" | "lives" | "either";

export function fateOf({ step, what, before }: BrokenMove): Fate {
  const isLong = lengthOf(what) > lengthsMs.short;
  if (what.kind !== "crash" && !isLong) return before.length > 0 ? "lives" : "untouched";
  const victim = "node" in what ? what.node : undefined;
  if (victim === "d") return "lives";
  // Without a directory for so long, all sessions are over.
  if (victim === "a") return isLong ? "either" : "lives";
  if (before.length > 0 || what.kind !== "crash") return "either";
  const [side = "", name = ""] = step.split(" ");
  const isCopyThere = side === "target" || departureSteps[keyOf(departureSteps, name)] >= 5;
  if (victim === "b") return isCopyThere ? "lives" : "either";
  // Until it has said that it is ready, the source has all there is, and goes on.
  const isReady = name !== "transferReceived" || what.atMs > sidesMs.amid;
  return isCopyThere && isReady ? "either" : "lives";
}

function lengthOf(fault: BroughtFault): number {
  if ("forMs" in fault) return fault.forMs;
  return "downMs" in fault ? fault.downMs : 0;
}

function keysOf<T extends object>(table: T): readonly (keyof T & string)[] {
  const isKey = (name: string): name is keyof T & string => Object.hasOwn(table, name);
  return Object.keys(table).filter(isKey);
}

function keyOf<T extends object>(table: T, name: string): keyof T & string {
  const found = keysOf(table).find((key) => key === name);
  if (found !== undefined) return found;
  throw new TypeError(`${name} is none of ${keysOf(table).join(", ")}`);
}
