// How one engine of a simulated world fares, by chance: how long it loads, whether it gets ready, and when it
// is lost though nobody is to blame.
import type { EngineRefusalCode } from "#actors/inference/engine-messages.ts";
import { wildModel } from "./model-rules.ts";
import type { ModelSite } from "./model-site.ts";

interface Served {
  readonly name: string;
  readonly version: number;
}

export interface EngineTemper {
  readonly models: readonly Served[];
  readonly loadMs: number;
  readonly dies: "while it loads" | "never ready" | null;
  readonly refusal: { readonly code: EngineRefusalCode; readonly detail: string } | undefined;
  readonly lostAfterMs: number | null;
  /** Does not leave while something runs. */
  readonly isStubborn: boolean;
}

export function drawTemper(site: ModelSite, served: Served): EngineTemper {
  const { name, version } = served;
  const { chance } = site.host;
  const kind = site.folders.kindOf(name, version);
  const isWild = name === wildModel;
  const loadMs = Math.round(chance.lengthWithin({ min: 5, max: 600 }));
  const fate = chance.random.next();
  const lostMs = Math.round(chance.lengthWithin({ min: 10, max: 3_000 }));
  const isStubborn = chance.happens(0.3);
  const isAway = kind === "away" && site.isTroubled;
  const refusal = isAway
    ? ({ code: "unavailable", detail: "its server is away" } as const)
    : ({ code: "model_failed", detail: "it is no model" } as const);
  return {
    models: [served],
    loadMs,
    dies:
      isWild && site.isTroubled
        ? fate < 0.06
          ? "while it loads"
          : fate < 0.1
            ? "never ready"
            : null
        : null,
    refusal: isAway || kind === "unfit" ? refusal : undefined,
    lostAfterMs: site.isTroubled && fate > 0.85 ? lostMs : null,
    isStubborn,
  };
}
