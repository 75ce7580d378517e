// What happens in a run of the models scenario, as facts of its history: each is a record of its own, whose
// text is JSON.
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";

/** What is asked of a model, and what it does to the engine that runs it. */
export type RequestMark = "" | "refuse" | "crash" | "garble" | "hang" | "slow";

export interface ModelFacts {
  /** Somebody asks a model; milliseconds from then on, or null. */
  asked: {
    readonly request: number;
    /** As tasks name it: `name`, `name@2`, `name@alias`. */
    readonly model: string;
    readonly mark: RequestMark;
    readonly deadlineMs: number | null;
  };
  /** And does not want the answer any more. */
  withdrawn: { readonly request: number };
  /** `code`: `done`, or that of the failure. `version` and `echo` are those of the answer. */
  replied: {
    readonly request: number;
    readonly code: string;
    readonly version: number;
    readonly echo: string;
    readonly detail: string;
  };
  /** An engine has begun a run of these. */
  began: { readonly engine: number; readonly requests: readonly number[] };
  /** And ended it, or has ended with it. */
  over: { readonly engine: number; readonly requests: readonly number[] };
  /** A process of an engine was told what to load. */
  launched: {
    readonly engine: number;
    /** Path of the version's actor that it works for. */
    readonly copy: string;
    readonly model: string;
    readonly version: number;
    readonly enginesMax: number;
    readonly memoryBytes: number;
  };
  /** It has ended, with these requests in it. */
  gone: { readonly engine: number; readonly how: string; readonly requests: readonly number[] };
  /** A version's folder is new, or has new files. */
  published: { readonly model: string; readonly version: number };
  /** Its folder is not there any more. */
  removed: { readonly model: string; readonly version: number };
  /** The configuration gives an alias to that version. */
  named: { readonly model: string; readonly alias: string; readonly version: number };
  /** The repository of a node has come to rest for the first time, with these names. */
  serves: { readonly names: readonly string[] };
}

export type ModelFact = keyof ModelFacts;

export function recordFact<F extends ModelFact>(
  { record }: Pick<SimulatedHost, "record">,
  name: F,
  fact: ModelFacts[F],
): void {
  record({ kind: "fact", name, about: JSON.stringify(fact) });
}

/** That something happened, for those who want to know whether it ever does. */
export function recordSight({ record }: Pick<SimulatedHost, "record">, name: string): void {
  record({ kind: "fact", name, about: "" });
}

export const readFact = <F extends ModelFact>(_: F, about: string): ModelFacts[F] =>
  JSON.parse(about);
