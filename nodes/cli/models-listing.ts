// What `GET /api/models` answers: each version of each model on each worker node, checked where it enters.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

export const FailureShown = Type.Object({ code: Type.String(), detail: Type.String() });

const ModelsListing = Type.Object({
  models: Type.Array(
    Type.Object({
      node: Type.String(),
      name: Type.String(),
      kind: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      version: Type.Union([Type.Integer(), Type.Null()]),
      state: Type.String(),
      reason: Type.String(),
      aliases: Type.Array(Type.String()),
      isDefault: Type.Boolean(),
      notes: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  own: Type.Optional(
    Type.Array(Type.Object({ node: Type.String(), models: Type.Array(Type.String()) })),
  ),
  silent: Type.Array(Type.Object({ node: Type.String(), failure: FailureShown })),
});
export type ModelsListing = Readonly<Static<typeof ModelsListing>>;
const check = Compile(ModelsListing);

export const isModelsListing = (value: unknown): value is ModelsListing => check.Check(value);

/** `eraser@1 on worker-1: no graphics processor could be used: …`, a line each. */
export const notesIn = ({ models }: ModelsListing): readonly string[] =>
  models.flatMap(({ name, version, node, notes = [] }) =>
    notes.map((note) => `${name}@${version} on ${node}: ${note.replace(/\s+/g, " ")}`),
  );

/**
 * The versions that run tasks for this name, ascending: of `eraser` the default, of `eraser@stable` what
 * bears the alias. More than one while nodes differ; none when nobody says.
 */
export function versionsMeant({ models }: ModelsListing, model: string): readonly number[] {
  const meant = models.flatMap(({ name, version, state, aliases, isDefault }) => {
    const isMeant = (name === model && isDefault) || aliases.includes(model);
    return isMeant && state === "READY" && version !== null ? [version] : [];
  });
  return [...new Set(meant)].sort((a, b) => a - b);
}
