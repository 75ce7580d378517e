// What the runs of a network know of the request that they are for, whatever lies between the two: a
// filler hands tensors on and need not know of deadlines.
import { AsyncLocalStorage } from "node:async_hooks";

export interface RunScope {
  /** By `performance.now`; Infinity: never. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Told by the run itself, and only in the scope of its first item: so each run is told once. */
  ran(run: { readonly items: number; readonly ms: number }): void;
}

export const runScope = new AsyncLocalStorage<RunScope>();
