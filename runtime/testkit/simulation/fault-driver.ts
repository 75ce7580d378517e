// Lets the faults of a plan happen to a simulated world at their times, and counts those that did.
import type { Agenda } from "./agenda.ts";
import { type Fault, type FaultKind, formatFault, nodesOfFault } from "./fault-plan.ts";
import type { RunTrace } from "./run-trace.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";

export type NodeFault = Exclude<
  Fault,
  { readonly kind: "cut" | "partition" | "break" | "stall" | "forge" | "crash-at" | "upon" }
>;

type Upon = Extract<Fault, { readonly kind: "upon" }>;

/** Whoever holds the nodes of a world. */
export interface FaultHands {
  /** False when the node is not in a state to which it could happen. */
  happen(fault: NodeFault): boolean;
  /** The node at which the numbered operation is done will crash. */
  awaitOperation(fault: Extract<Fault, { readonly kind: "crash-at" }>): void;
}

export interface FaultWorld {
  readonly agenda: Agenda;
  readonly trace: RunTrace;
  readonly network: SimulatedNetwork;
  readonly hands: FaultHands;
  /** A fault took effect. */
  readonly happened: (fault: Fault) => void;
}

export class FaultDriver {
  /** By kind: how many took effect. */
  readonly counts: Readonly<Record<FaultKind, number>>;
  readonly #counts = zeroCounts();
  readonly #world: FaultWorld;
  /** By fact: how often it was entered, and what waits for it. */
  readonly #awaited = new Map<string, { times: number; readonly faults: Upon[] }>();
  #isOver = false;

  constructor(world: FaultWorld) {
    this.#world = world;
    this.counts = this.#counts;
  }

  /** To be called once, at the beginning of the run. */
  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === "crash-at") this.#world.hands.awaitOperation(fault);
      else if (fault.kind === "upon") this.#awaitFact(fault);
      else this.#world.agenda.at(fault.atMs, () => this.#come(fault));
    }
  }

  /** A fault took effect that is not this driver's to bring about. */
  count(fault: Fault): void {
    this.#counts[fault.kind]++;
    this.#world.happened(fault);
  }

  /** A fact was entered in the history. */
  saw(fact: string): void {
    const awaited = this.#awaited.get(fact);
    if (!awaited || this.#isOver) return;
    awaited.times += 1;
    const { agenda } = this.#world;
    for (const { nth, brings } of awaited.faults) {
      if (nth !== awaited.times) continue;
      if (brings.atMs === 0) this.#come(brings);
      else agenda.after(brings.atMs, () => this.#come(brings));
    }
  }

  /** All heals: no fact brings about anything any more. */
  end(): void {
    this.#isOver = true;
  }

  #awaitFact(fault: Upon): void {
    const awaited = this.#awaited.get(fault.fact) ?? { times: 0, faults: [] };
    this.#awaited.set(fault.fact, awaited);
    awaited.faults.push(fault);
  }

  #come(fault: Fault): void {
    if (this.#isOver) return;
    const { agenda, trace } = this.#world;
    trace.mark(agenda.nowMs, `fault: ${formatFault(fault)}`, ...nodesOfFault(fault));
    if (this.#happen(fault)) this.count(fault);
  }

  #happen(fault: Fault): boolean {
    const { network, hands } = this.#world;
    switch (fault.kind) {
      case "cut": {
        const { from, to, ways, forMs, mode } = fault;
        network.cut({ from, to }, forMs, mode);
        if (ways === "both") network.cut({ from: to, to: from }, forMs, mode);
        return true;
      }
      case "partition":
        for (const [from, to] of crossingPairs(fault.groups)) {
          network.cut({ from, to }, fault.forMs, fault.mode);
        }
        return true;
      case "break":
      case "stall": {
        const wires = network.wiresBetween(fault, fault.ways);
        for (const wire of wires) {
          if (fault.kind === "break") network.break(wire);
          else network.stall(wire);
        }
        return wires.length > 0;
      }
      case "forge":
        return network.forge(fault, fault.frames) > 0;
      case "crash-at":
      case "upon":
        return false;
      default:
        return hands.happen(fault);
    }
  }
}

const zeroCounts = (): Record<FaultKind, number> => ({
  crash: 0,
  leave: 0,
  pause: 0,
  clock: 0,
  cut: 0,
  partition: 0,
  break: 0,
  stall: 0,
  forge: 0,
  "disk-full": 0,
  "disk-slow": 0,
  "disk-error": 0,
  "bit-flip": 0,
  "crash-at": 0,
  upon: 0,
});

/** Every pair of names from two different groups, both ways. */
const crossingPairs = (
  groups: readonly (readonly string[])[],
): readonly (readonly [string, string])[] =>
  groups.flatMap((group) =>
    groups
      .filter((other) => other !== group)
      .flatMap((other) => group.flatMap((from) => other.map((to) => [from, to] as const))),
  );
