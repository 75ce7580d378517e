// What tasks of a type or of a model ask of a machine, as the topology declares it: a network that fills a
// card and a filter that needs none are not alike, however large the picture is.
import Type, { type Static } from "typebox";
import { MachineDemandDocument, words } from "./queue-rules.ts";
import { resourceClasses } from "./resource-demand.ts";

/** Rules of one topology. More: the file is refused. */
export const demandRulesMax = 256;

/** Where no rule says otherwise. */
export const demandDefault = {
  /** Pictures from this size on are heavy work. */
  heavyPixelsMin: 1_000_000,
  /** What a worker holds of each pixel at once: picture, mask and result, decoded. */
  bytesPerPixel: 16,
} as const;

export const DemandRule = Type.Object(
  {
    types: Type.Optional(words("Types of tasks that it is for. Default: all.")),
    models: Type.Optional(words("Models that it is for, in any version. Default: all.")),
    classes: Type.Optional(
      Type.Array(Type.Enum([...resourceClasses], { description: "One of them." }), {
        description:
          "Classes that can run it, the best first. Default: by the size of the picture; of plugins their own.",
        minItems: 1,
        maxItems: resourceClasses.length,
        uniqueItems: true,
      }),
    ),
    heavyPixelsMin: Type.Optional(
      Type.Integer({
        description:
          "Without classes: pictures from so many pixels on are heavy. Default: 1000000.",
        minimum: 1,
        maximum: 1_000_000_000,
      }),
    ),
    bytesPerPixel: Type.Optional(
      Type.Number({
        description:
          "Bytes of memory for each pixel of its largest picture, beside those of machine. Default: 16.",
        minimum: 0,
        maximum: 1_000_000,
      }),
    ),
    machine: Type.Optional(MachineDemandDocument),
  },
  { additionalProperties: false, description: "What tasks of a type or model ask of a machine." },
);
export type DemandRule = Readonly<Static<typeof DemandRule>>;

export const DemandRules = Type.Array(DemandRule, {
  description:
    "What tasks ask of a machine, by type and model; the first that fits a task counts. Default: by the size of its picture.",
  minItems: 1,
  maxItems: demandRulesMax,
});
