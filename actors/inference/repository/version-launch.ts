// What a version is started with: how much memory and how many threads its engines are granted, of what the
// worker has left, and what is to be known of that.
import type { EngineSpec } from "../engine-spec.ts";
import type { EngineRoom } from "./engine-room.ts";
import { boundedTo } from "./memory-budget.ts";
import type { ModelSettings } from "./model-settings.ts";
import type { ModelShelf } from "./model-shelf.ts";
import type { ScaleBook } from "./scale-book.ts";
import type { ServedTerms } from "./served-version.ts";
import type { Target } from "./version-plan.ts";

export interface LaunchTerms {
  /** Of all engines together. */
  readonly room: EngineRoom;
  readonly engine: Omit<EngineSpec, "models">;
  /** What runs a model: a process, or for one that is scripted an actor. */
  readonly engineClassFor: (model: Pick<ModelSettings, "backend">) => ServedTerms["engineClass"];
  /** Shown how many engines there are. Default: nobody is. */
  readonly scales?: ScaleBook;
}

export type Launch =
  | {
      readonly kind: "granted";
      readonly terms: Omit<ServedTerms, "room">;
      readonly notes: readonly string[];
    }
  | { readonly kind: "refused"; readonly reason: string };

interface Launched {
  /** Its place in the room, which it has until it leaves. */
  readonly key: string;
  readonly shelf: ModelShelf;
  readonly enginesWanted: number;
}

/** Undefined: there is no such model any more. */
export function launchOf(
  { version }: Target,
  { key, shelf, enginesWanted }: Launched,
  { room, engine, engineClassFor, scales }: LaunchTerms,
): Launch | undefined {
  const { found, name } = shelf;
  if (!found) return undefined;
  const { folder, settings } = found;
  const grant = room.admit(key, { name, version, settings, enginesWanted });
  if (grant.kind === "refused") return grant;
  const { intraOp, note } = grant;
  return {
    kind: "granted",
    terms: {
      ...{ name, version, folder, settings, manifest: shelf.manifestOf(version) },
      engine: { ...boundedTo(engine, grant), threads: intraOp },
      engineClass: engineClassFor(settings),
      ...(scales === undefined ? {} : { scales }),
    },
    notes: [...found.notes, ...(note === "" ? [] : [note])],
  };
}
