// Pure. Of the engines of one version: which gets the next request, and which can be done without.
import type { Ref } from "#protocols/actor-ref.ts";
import type { Engine } from "../engine-actor.ts";
import { engineRequestsMax } from "../engine-process.ts";

/** `kept`: begun anew when its process ends. `spare`: forgotten; whether there is another is decided anew. */
export type EngineKind = "kept" | "spare";

export interface PooledEngine {
  readonly ref: Ref<Engine>;
  readonly kind: EngineKind;
  phase: "starting" | "ready" | "leaving" | "gone";
  /** As many as its process takes at a time. */
  takesMax: number;
  /** What it has been given and has not answered. */
  readonly running: Set<unknown>;
  /** A request was withdrawn from it since it last answered: it may still run that, or begin anew. */
  isForsaken: boolean;
}

/** Whatever the others have comes before what one may still have that somebody withdrew from it. */
const loadOf = ({ running, isForsaken }: PooledEngine): number =>
  running.size + (isForsaken ? engineRequestsMax : 0);

/** Undefined: none takes another one now. */
export function freest(engines: readonly PooledEngine[]): PooledEngine | undefined {
  return engines
    .filter(({ phase, running, takesMax }) => phase === "ready" && running.size < takesMax)
    .reduce<PooledEngine | undefined>(
      (best, one) => (best && loadOf(best) <= loadOf(one) ? best : one),
      undefined,
    );
}

/** The latest of those with the least to do; undefined: none is ready. */
export function leastNeeded(engines: readonly PooledEngine[]): PooledEngine | undefined {
  const ready = engines.filter(({ phase }) => phase === "ready");
  const spare = ready.filter(({ kind }) => kind === "spare");
  return (spare.length > 0 ? spare : ready).reduce<PooledEngine | undefined>(
    (least, one) => (least && least.running.size < one.running.size ? least : one),
    undefined,
  );
}
