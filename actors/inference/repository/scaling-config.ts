// Pure. What a model's `config.json` says of how many engines it has: a number, or `scaling` between two.
import Type, { type Static } from "typebox";
import type { ScalingTerms } from "#runtime/tasks/load-scaling.ts";

export const enginesMax = 8;

const dayMs = 86_400_000;

/** Of one version on each node. */
export const ScalingConfig = Type.Object(
  {
    /** 0: none is left when nothing was asked for a while; the next request waits for one. Default: 1. */
    min: Type.Optional(Type.Integer({ minimum: 0, maximum: enginesMax })),
    max: Type.Integer({ minimum: 1, maximum: enginesMax }),
    /** Default: what an engine runs together, and one that it reads meanwhile. */
    itemsPerEngine: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
    waitMsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: dayMs })),
    upAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: dayMs })),
    downAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: dayMs })),
    zeroAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: dayMs })),
  },
  { additionalProperties: false },
);

const defaults = {
  ...{ min: 1, waitMsMax: 5_000 },
  ...{ upAfterMs: 5_000, downAfterMs: 300_000, zeroAfterMs: 900_000 },
};

/** Undefined: nothing is wrong with it. */
export function scalingDefect(
  { min = defaults.min, max }: Static<typeof ScalingConfig>,
  instances: number | undefined,
): string | undefined {
  if (instances !== undefined) return "instances and scaling are both there (keep one of them)";
  return min > max ? `scaling.min is ${min}, more than max, which is ${max}` : undefined;
}

/** `itemsMax`: how many requests an engine runs together. */
export const scalingOf = (
  { itemsPerEngine, ...given }: Static<typeof ScalingConfig>,
  itemsMax: number,
): ScalingTerms => ({ ...defaults, ...given, itemsEach: itemsPerEngine ?? itemsMax + 1 });
