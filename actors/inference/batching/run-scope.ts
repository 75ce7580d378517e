// What the runs of a network know of the request that they are for, whatever lies between the two: a
// filler hands tensors on and need not know of deadlines.
import { AsyncLocalStorage } from "node:async_hooks";

export interface RunScope {
  /** Numbers of the requests that it is for. Default: those of nobody. */
  readonly requests?: readonly number[];
  /** By `performance.now`; Infinity: never. */
  readonly deadlineMs: number;
  /** How long its answer takes from the end of the run until it is with whoever asked. Default: no time. */
  readonly afterRunMs?: number;
  /** Aborted when nobody waits for the request any more. */
  readonly signal: AbortSignal;
  /** Told by a work of several runs, before each: how many are done. Default: nobody is told. */
  step?(steps: { readonly done: number; readonly of: number }): void;
  /** Told for which requests a run is that begins, and of none when it has ended. Default: nobody is told. */
  readonly atWork?: ((run: PresentRun) => void) | undefined;
  /** Told by the run itself, and only to one of its requests: so each run is told once. */
  ran(run: { readonly items: number; readonly ms: number }): void;
  /** Told how long it has waited for others before a run. Default: nobody adds it up. */
  readonly waited?: (ms: number) => void;
}

export interface PresentRun {
  readonly requests: readonly number[];
  /** How long such runs have taken of late; undefined: nobody knows. */
  readonly expectedMs: number | undefined;
}

export const runScope = new AsyncLocalStorage<RunScope>();

export interface JoinedScope {
  readonly scope: RunScope;
  /** To be called when the run has ended: the requests may have others. */
  release(): void;
}

/**
 * The scope of one run for several requests, at least one: it is withdrawn when all of them are. Whoever
 * has no scope waits for ever.
 */
export function joinedScope(scopes: readonly (RunScope | undefined)[]): JoinedScope {
  const all = new AbortController();
  const signals = scopes.flatMap((scope) => scope?.signal ?? []);
  const leave = (): void => {
    const isAwaited = signals.length < scopes.length || !signals.every(({ aborted }) => aborted);
    if (!isAwaited) all.abort();
  };
  for (const signal of signals) signal.addEventListener("abort", leave);
  leave();
  const deadlines = scopes.map((scope) => scope?.deadlineMs ?? Number.POSITIVE_INFINITY);
  return {
    scope: {
      deadlineMs: Math.max(...deadlines),
      signal: all.signal,
      requests: scopes.flatMap((scope) => scope?.requests ?? []),
      atWork: scopes.find((scope) => scope !== undefined)?.atWork,
      ran: (run) => scopes.find((scope) => scope !== undefined)?.ran(run),
    },
    release: () => {
      for (const signal of signals) signal.removeEventListener("abort", leave);
    },
  };
}
