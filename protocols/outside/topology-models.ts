// The part of the topology file that says when workers load models, and from where besides `models`.
import Type, { type Static } from "typebox";

export const RepositoryDocument = Type.Object(
  {
    mode: Type.Optional(
      Type.Enum(["none", "explicit", "poll"], {
        description:
          "When models are loaded. none: all at the start. explicit: as ordered by troupe models. poll: whenever their folders change. Default: none.",
      }),
    ),
    path: Type.Optional(
      Type.String({
        description:
          "A folder relative to this file; each folder in it is a model of that name, beside those in `models`.",
        minLength: 1,
        maxLength: 1024,
      }),
    ),
    load: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
        description: "In mode explicit: models that are loaded at the start. Default: none.",
        maxItems: 256,
      }),
    ),
    pollMs: Type.Optional(
      Type.Integer({
        description: "In mode poll: how often the folders are looked at. Default: 15000.",
        minimum: 100,
        maximum: 86_400_000,
      }),
    ),
  },
  { additionalProperties: false, description: "When workers load models, and from where." },
);
export type RepositoryDocument = Static<typeof RepositoryDocument>;
