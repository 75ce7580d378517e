// What goes wrong in a run, and when, as a list: plain data, so that a plan can be printed, read back
// and made shorter. A fault that finds nothing to happen to does not happen.
import type { CutMode } from "./network-cuts.ts";

interface Timed {
  /** Virtual milliseconds from the beginning of the run. */
  readonly atMs: number;
}

interface OfNode extends Timed {
  readonly node: string;
}

export type Fault =
  /** As SIGKILL; the next incarnation starts `downMs` later. */
  | (OfNode & { readonly kind: "crash"; readonly downMs: number })
  /** As SIGTERM: the node stops all actors and says goodbye. */
  | (OfNode & { readonly kind: "leave"; readonly downMs: number })
  /** As SIGSTOP and SIGCONT: nothing runs on the node, and then it goes on as if nothing was. */
  | (OfNode & { readonly kind: "pause"; readonly forMs: number })
  /** From now on the node's wall clock is off by so much, and all its clocks go wrong by so much. */
  | (OfNode & { readonly kind: "clock"; readonly skewMs: number; readonly driftPpm: number })
  /** Nothing passes, one way or both ways. */
  | (Timed & {
      readonly kind: "cut";
      readonly from: string;
      readonly to: string;
      readonly ways: "one" | "both";
      readonly mode: CutMode;
      readonly forMs: number;
    })
  /** Nothing passes between nodes of different groups; who is in none talks to all. */
  | (Timed & {
      readonly kind: "partition";
      readonly groups: readonly (readonly string[])[];
      readonly mode: CutMode;
      readonly forMs: number;
    })
  /** Connections break, or stand and carry nothing any more: those that `from` made to `to`, or all
   * between the two. */
  | (Timed & {
      readonly kind: "break" | "stall";
      readonly from: string;
      readonly to: string;
      readonly ways: "one" | "both";
    })
  /** So many frames that no honest peer sends arrive at `to`, on the connections between the two. */
  | (Timed & {
      readonly kind: "forge";
      readonly from: string;
      readonly to: string;
      readonly frames: number;
    })
  /** Every write fails, or every access takes `factor` times as long. */
  | (OfNode & { readonly kind: "disk-full"; readonly forMs: number })
  | (OfNode & { readonly kind: "disk-slow"; readonly forMs: number; readonly factor: number })
  /** So many of the next accesses fail; a write that failed may have happened or not. */
  | (OfNode & { readonly kind: "disk-error"; readonly accesses: number })
  /** One bit of what the node's disk keeps is another one; `place` says which, from 0 to 1. */
  | (OfNode & { readonly kind: "bit-flip"; readonly place: number })
  /** The node that does the run's numbered operation (from 1) crashes before or after it, whenever
   * that is: `atMs` is 0. */
  | (Timed & {
      readonly kind: "crash-at";
      readonly operation: number;
      readonly side: "before" | "after";
      readonly downMs: number;
    })
  /** When that fact is entered for the nth time (from 1), by whichever node: what it brings, so many
   * milliseconds later as its own `atMs` says. With 0 it comes in the middle of what the node does
   * just then. `atMs` of this one is 0. */
  | (Timed & {
      readonly kind: "upon";
      readonly fact: string;
      readonly nth: number;
      readonly brings: BroughtFault;
    });

/** What a fact may bring about. */
export type BroughtFault = Exclude<Fault, { readonly kind: "crash-at" | "upon" }>;

export type FaultKind = Fault["kind"];

export const faultKinds = [
  "crash",
  "leave",
  "pause",
  "clock",
  "cut",
  "partition",
  "break",
  "stall",
  "forge",
  "disk-full",
  "disk-slow",
  "disk-error",
  "bit-flip",
  "crash-at",
  "upon",
] as const satisfies readonly FaultKind[];

/** Names of the nodes that a fault happens to. */
export function nodesOfFault(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "cut":
    case "break":
    case "stall":
    case "forge":
      return [fault.from, fault.to];
    case "partition":
      return fault.groups.flat();
    case "crash-at":
      return [];
    case "upon":
      return nodesOfFault(fault.brings);
    default:
      return [fault.node];
  }
}

/** As one line, for people. */
export function formatFault({ kind, atMs, ...terms }: Fault): string {
  const said = Object.entries(terms).map(([name, value]) => `${name}=${formatTerm(value)}`);
  return [`${atMs.toFixed(1)} ms: ${kind}`, ...said].join(" ");
}

const formatTerm = (value: unknown): string =>
  typeof value === "object" ? JSON.stringify(value) : String(value);
