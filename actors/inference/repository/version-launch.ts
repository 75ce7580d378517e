// Pure. What a version is started with: how much memory and how many threads its engines are granted, of what
// the worker has left, and what is to be known of that.
import type { EngineSpec } from "../engine-spec.ts";
import { boundedTo, type MemoryBudget } from "./memory-budget.ts";
import type { ModelShelf } from "./model-shelf.ts";
import type { ModelShelves } from "./model-shelves.ts";
import type { ServedTerms } from "./served-version.ts";
import type { ThreadBudget, ThreadShare } from "./thread-budget.ts";
import type { Target } from "./version-plan.ts";

export interface LaunchBudgets {
  /** Of all engines together. */
  readonly budget: MemoryBudget;
  readonly threads: ThreadBudget;
  readonly engine: Omit<EngineSpec, "models">;
}

export type Launch =
  | {
      readonly kind: "granted";
      readonly terms: Omit<ServedTerms, "engineClass">;
      readonly memoryBytes: number;
      readonly threads: ThreadShare;
      readonly notes: readonly string[];
    }
  | { readonly kind: "refused"; readonly reason: string };

/** Undefined: there is no such model any more. */
export function launchOf(
  { version }: Target,
  shelf: ModelShelf,
  shelves: ModelShelves,
  { budget, threads, engine }: LaunchBudgets,
): Launch | undefined {
  const { found, name } = shelf;
  if (!found) return undefined;
  const { folder, settings } = found;
  const memory = budget.ask(settings, shelves.memoryShares);
  if (memory.kind === "refused") return memory;
  const { intraOp, note, ...share } = threads.ask(
    settings,
    shelves.threadShares,
    shelves.enginesWanted,
  );
  const { instances } = settings;
  const manifest = shelf.manifestOf(version);
  const spec = { ...boundedTo(engine, memory), threads: intraOp };
  return {
    kind: "granted",
    terms: { name, version, folder, manifest, instances, engine: spec },
    memoryBytes: memory.bytes,
    threads: share,
    notes: [...found.notes, ...(note === "" ? [] : [note])],
  };
}
