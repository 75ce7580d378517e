// What an invariant is judged by: what a store has acknowledged, and what it then shows.
import type { LogEntry } from "./acknowledged.ts";
import type { ObservedStore } from "./observed-store.ts";

export interface Evidence {
  readonly log: readonly LogEntry[];
  readonly observed: ObservedStore;
}
export type Invariant = (evidence: Evidence) => readonly string[];
