// Draws plans of faults. Each run has its own mixture of kinds and its own pace: with all kinds always
// on, the rare combinations of few would never be seen. (Swarm testing: Groce et al. 2012.)
import { Failure } from "#protocols/failure.ts";
import type { Chance, Span } from "./chance.ts";
import { type Fault, type FaultKind, faultKinds } from "./fault-plan.ts";

export interface SwarmTerms {
  /** Kinds that may happen. Default: all but `bit-flip`, which destroys, `crash-at` and `upon`. */
  readonly kinds?: readonly Exclude<FaultKind, "crash-at" | "upon">[];
  /** Milliseconds from one fault to the next. Default: drawn, from 20 to 3,000 on average. */
  readonly everyMs?: Span;
  /** Milliseconds that a fault lasts, or that a node is down. Default: from 10 to 5,000. */
  readonly forMs?: Span;
}

export interface FaultGround {
  readonly chance: Chance;
  readonly nodes: readonly string[];
  /** When the last fault must be over. */
  readonly untilMs: number;
}

/** Draws a plan for one run: `faults` of `simulate`. */
export type FaultSource = (ground: FaultGround) => readonly Fault[];

/** A plan drawn from the seed. Fails with `invalid` for terms that make no sense. */
export function swarm(terms: SwarmTerms = {}): FaultSource {
  const drawable = faultKinds.filter((kind) => kind !== "crash-at" && kind !== "upon");
  const kinds = terms.kinds ?? drawable.filter((kind) => kind !== "bit-flip");
  if (kinds.length === 0 || !kinds.every((kind) => drawable.some((known) => known === kind))) {
    const text = `kinds of a swarm are some of ${drawable.join(", ")}, not ${kinds.join(", ") || "none"}`;
    throw new Failure("invalid", text);
  }
  const { everyMs, forMs = { min: 10, max: 5_000 } } = terms;
  for (const span of [everyMs, forMs]) {
    if (span === undefined || (span.min > 0 && span.max >= span.min)) continue;
    throw new Failure("invalid", `a span goes from above 0 up, not ${span.min} to ${span.max}`);
  }
  return ({ chance, nodes, untilMs }) => {
    const paceMs = chance.branch("pace").lengthWithin({ min: 40, max: 3_000 });
    const everyDrawnMs = everyMs ?? { min: paceMs / 2, max: paceMs * 1.5 };
    const choice = chance.branch("kinds");
    const chosen = kinds.filter(() => choice.happens(0.5));
    const draws = chance.branch("faults");
    const faults: Fault[] = [];
    for (let atMs = draws.within(everyDrawnMs); atMs < untilMs; ) {
      const kind = draws.pick(chosen.length > 0 ? chosen : kinds);
      const lengthMs = Math.min(draws.lengthWithin(forMs), untilMs - atMs);
      const fault = kind && drawFault(kind, { draws, nodes, atMs, lengthMs });
      if (fault) faults.push(fault);
      atMs += draws.within(everyDrawnMs);
    }
    return faults;
  };
}

interface Draw {
  readonly draws: Chance;
  readonly nodes: readonly string[];
  readonly atMs: number;
  readonly lengthMs: number;
}

/** Undefined when there are too few nodes for it. */
function drawFault(kind: FaultKind, { draws, nodes, ...length }: Draw): Fault | undefined {
  const atMs = rounded(length.atMs);
  const forMs = rounded(length.lengthMs);
  const node = draws.pick(nodes);
  const other = draws.pick(nodes.filter((name) => name !== node));
  const mode = draws.happens(0.5) ? "drop" : "hold";
  const ways = draws.happens(0.4) ? "one" : "both";
  if (node === undefined) return undefined;
  switch (kind) {
    case "crash":
    case "leave":
      return { kind, atMs, node, downMs: forMs };
    case "pause":
    case "disk-full":
      return { kind, atMs, node, forMs };
    case "disk-slow":
      return { kind, atMs, node, forMs, factor: draws.count({ min: 2, max: 100 }) };
    case "disk-error":
      return { kind, atMs, node, accesses: draws.count({ min: 1, max: 3 }) };
    case "bit-flip":
      return { kind, atMs, node, place: draws.random.next() };
    case "clock": {
      const skewMs = draws.count({ min: -30_000, max: 30_000 });
      return { kind, atMs, node, skewMs, driftPpm: draws.count({ min: -500, max: 500 }) };
    }
    case "cut": {
      return other === undefined
        ? undefined
        : { kind, atMs, from: node, to: other, ways, mode, forMs };
    }
    case "partition": {
      const few = nodes.filter((name) => name === node || draws.happens(0.3));
      const rest = nodes.filter((name) => !few.includes(name));
      return rest.length === 0 ? undefined : { kind, atMs, groups: [few, rest], mode, forMs };
    }
    case "break":
    case "stall":
      return other === undefined ? undefined : { kind, atMs, from: node, to: other, ways };
    case "forge":
      return other === undefined
        ? undefined
        : { kind, atMs, from: node, to: other, frames: draws.count({ min: 1, max: 30 }) };
    case "crash-at":
    case "upon":
      return undefined;
    default:
      return kind satisfies never;
  }
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;
