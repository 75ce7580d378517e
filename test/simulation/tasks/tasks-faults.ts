// What goes wrong in a run of the tasks scenario: the faults of a swarm, silences that outlast leases, and
// in some worlds clocks that leap by minutes and hours.
import type { Span } from "#runtime/testkit/simulation/chance.ts";
import type { Fault } from "#runtime/testkit/simulation/fault-plan.ts";
import {
  type FaultGround,
  type FaultSource,
  swarm,
} from "#runtime/testkit/simulation/fault-swarm.ts";
import { countIssued, countTimeoutMs, deskNode, orderedAway } from "./operator-plan.ts";

export interface FaultTerms {
  /** Milliseconds from one fault to the next. */
  readonly everyMs: Span;
  /** `leap`: wall clocks jump, too. */
  readonly clocks: "near" | "leap";
  /** Who has the store. */
  readonly control: string;
  /** Who says by its own clock when a task may begin: far ahead, it would ask for tomorrow. */
  readonly client: string;
}

export function faultsOf({ everyMs, ...terms }: FaultTerms): FaultSource {
  const draw = swarm({
    kinds: [
      ...(["crash", "leave", "pause", "clock", "cut", "partition", "break", "stall"] as const),
      ...(["disk-full", "disk-slow", "disk-error"] as const),
    ],
    everyMs,
    forMs: { min: 150, max: 6_000 },
  });
  return (ground) => [
    ...draw(ground).map(nearClock),
    ...drawSilence(ground, terms.control),
    ...drawAway(ground),
    ...drawStill(ground),
    ...drawTorn(ground, terms.control),
    ...(terms.clocks === "leap" ? drawLeaps(ground, terms) : []),
  ];
}

const nearMsMax = 3_000;

const nearClock = (fault: Fault): Fault =>
  fault.kind === "clock" ? { ...fault, skewMs: fault.skewMs % nearMsMax } : fault;

/** In some worlds a worker hears nothing of the others for longer than it is sure of its leases. */
function drawSilence({ chance, nodes, untilMs }: FaultGround, to: string): readonly Fault[] {
  const draws = chance.branch("silence");
  const from = draws.pick(nodes.slice(2));
  if (!draws.happens(0.25) || from === undefined) return [];
  const atMs = draws.count({ min: 500, max: 1_000 });
  const mode = draws.happens(0.5) ? "drop" : "hold";
  return [{ kind: "cut", atMs, from, to, ways: "both", mode, forMs: untilMs - atMs }];
}

/** Whoever is ordered to come back anew does so, at first. */
function drawAway({ chance, nodes }: FaultGround): readonly Fault[] {
  const draws = chance.branch("away");
  return nodes.slice(2).map((node) => {
    const downMs = Math.round(draws.lengthWithin({ min: 100, max: 3_000 }));
    const brings = { kind: "leave", atMs: 0, node, downMs } as const;
    return { kind: "upon", atMs: 0, fact: orderedAway(node), nth: 1, brings };
  });
}

const stillMs: Span = { min: countTimeoutMs + 200, max: 2 * countTimeoutMs };

/** In most worlds a command of one's own comes to a node that stands still until its time is over. */
function drawStill({ chance, nodes }: FaultGround): readonly Fault[] {
  const draws = chance.branch("still");
  if (!draws.happens(0.8) || !nodes.includes(deskNode)) return [];
  const forMs = draws.count(stillMs);
  const brings = { kind: "pause", atMs: 0, node: deskNode, forMs } as const;
  return [{ kind: "upon", atMs: 0, fact: countIssued, nth: 1, brings }];
}

const slowMs: Span = { min: 200, max: 600 };

/** In some worlds the store ends while its disk is slow: between the parts of a commit, if it comes so. */
function drawTorn({ chance, untilMs }: FaultGround, node: string): readonly Fault[] {
  const draws = chance.branch("torn");
  if (!draws.happens(0.15)) return [];
  const atMs = draws.count({ min: 500, max: Math.max(500, untilMs - slowMs.max) });
  const forMs = draws.count(slowMs);
  const downMs = draws.count({ min: 50, max: 500 });
  return [
    { kind: "disk-slow", atMs, node, forMs, factor: 60 },
    { kind: "crash", atMs: atMs + Math.round(forMs / 2), node, downMs },
  ];
}

/** Both ways together less than a day, after which what has ended may be forgotten. */
const leapMs: Span = { min: 60_000, max: 6 * 3_600_000 };
const leaps: Span = { min: 1, max: 4 };

/** Half of them are of the clock that the store goes by. */
function drawLeaps(
  { chance, nodes, untilMs }: FaultGround,
  { client, control }: Omit<FaultTerms, "everyMs">,
): readonly Fault[] {
  const draws = chance.branch("leaps");
  const others = nodes.filter((name) => name !== client);
  return Array.from({ length: draws.count(leaps) }, () => {
    const node = draws.happens(0.5) ? control : (draws.pick(others) ?? control);
    const skewMs = Math.round(draws.lengthWithin(leapMs)) * (draws.happens(0.5) ? 1 : -1);
    const atMs = draws.count({ min: 300, max: untilMs });
    return { kind: "clock", atMs, node, skewMs, driftPpm: draws.count({ min: -500, max: 500 }) };
  });
}
