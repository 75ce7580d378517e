// What the models of a simulated node are, by the seed of its world; and the limits that hold there.
import { type ModelSettings, settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";

export const engineTerms = { threads: 1, startTimeoutMs: 2_000, runTimeoutMs: 800 } as const;
export const pollMs = 400;
export const engineBytes = 256 * 1024 * 1024;

/** Nothing is ever wrong with its versions, and nobody unloads it. */
export const steadyModels = ["eraser", "idler"] as const;
/** It is unloaded, its versions go away, and some of them cannot be loaded. */
export const wildModel = "cutter";
export const modelNames = [...steadyModels, wildModel] as const;

export interface WorldTerms {
  readonly mode: "none" | "explicit" | "poll";
  /** Of all engines of a node; null: only each is bounded. */
  readonly memoryBytesMax: number | null;
  readonly configs: ReadonlyMap<string, object>;
}

/** Of a model, so that there is room for them. */
export const versionsMax = 3;
const idlersMax = 2;
const scaling = { upAfterMs: 300, downAfterMs: 1_500, zeroAfterMs: 2_000, waitMsMax: 400 };

/** Equal seeds, equal worlds. */
export function worldOf(seed: number): WorldTerms {
  const chance = Chance.ofSeed(seed).branch("models");
  const itemsMax = chance.count({ min: 1, max: 4 });
  const delayMs = chance.count({ min: 0, max: 20 });
  const batching = { itemsMax, delayMs };
  const isScaled = chance.happens(0.6);
  const max = chance.count({ min: 1, max: 4 });
  const most = isScaled ? { scaling: { ...scaling, min: 1, max } } : { instances: max };
  const instances = chance.count({ min: 1, max: 2 });
  const common = { memoryBytesMax: engineBytes };
  const policy = chance.pick(["all", "latest"]);
  const versionPolicy = policy === "all" ? { kind: "all" } : { kind: "latest", count: 2 };
  const preserveOrdering = chance.happens(0.2);
  const configs = new Map<string, object>([
    ["eraser", { ...common, ...most, batching, versionPolicy: { kind: "all" } }],
    ["idler", { ...common, scaling: { ...scaling, min: 0, max: idlersMax }, preserveOrdering }],
    [wildModel, { ...common, instances, batching, versionPolicy }],
  ]);
  // All that may ever be wanted at rest finds room; what takes its place for a while does not always.
  const least = versionsMax * max + 2 * instances + idlersMax;
  const more = chance.pick([null, 0, 1, 4]) ?? null;
  return {
    mode: chance.pick(["none", "explicit", "explicit", "poll"]) ?? "explicit",
    memoryBytesMax: more === null ? null : (least + more) * engineBytes,
    configs,
  };
}

export const settingsIn = (config: object): ModelSettings => settingsOf(config, "config.json");

export const enginesMaxOf = ({ instances, scaling: scaled }: ModelSettings): number =>
  scaled?.max ?? instances;
