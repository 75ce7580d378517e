// What the actor of a node's models understands, from wherever in the cluster and from the worker above
// it, and what it is born with.
import { ask, protocol, withMethodsOf } from "#protocols/protocol.ts";
import { ModelRepository } from "#protocols/tasks/model-repository.ts";
import type { RunReply, RunRequest } from "../engine-request.ts";
import type { FoundModel } from "./model-scan.ts";
import type { Serving } from "./model-shelves.ts";
import type { LaunchTerms } from "./version-launch.ts";

/** Spoken between a repository and the worker above it, on the same node. */
interface LocalModels {
  /** Goes to the version that `model` names: `name`, `name@2`, `name@alias`. Fails with `unavailable`. */
  run(request: RunRequest): RunReply;
  /** Names that tasks can ask for, as soon as nothing is being loaded. */
  settled(): readonly string[];
  /** Models of which a version could not be loaded and is tried again by itself. */
  awaited(): readonly string[];
}
const LocalModels = protocol<LocalModels>("inference.Models@1", {
  run: ask({ within: 600_000 }),
  settled: ask({ within: 600_000 }),
  awaited: ask,
});

export type Models = ModelRepository & LocalModels;
export const Models = withMethodsOf(ModelRepository, LocalModels);

export interface RepositoryArguments extends LaunchTerms {
  /**
   * `none`: all models are loaded at the start, and that is it. `explicit`: those of `load`, and then
   * what is ordered. `poll`: all, and whenever the folders change.
   */
  readonly mode: "none" | "explicit" | "poll";
  readonly load: readonly string[];
  readonly pollMs: number;
  readonly look: () => Promise<readonly FoundModel[]>;
  /** Called with what tasks can ask for, when it has changed. */
  readonly changed: (serving: Serving) => void;
}
