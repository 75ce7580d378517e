// Pure. What a model's `config.json` says to the repository; the engine reads how to feed it, and
// whoever else may have keys of its own there.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { type BatchTerms, checkTerms, unbatched } from "../batching/run-batcher.ts";
import { type KindOfWork, kindOfWork } from "../works/work-kind.ts";
import {
  enginesMax,
  ScalingConfig,
  type ScalingSettings,
  scalingDefect,
  scalingOf,
} from "./scaling-config.ts";
import { VersionPolicy, versionPolicyDefault } from "./version-policy.ts";

const aliasesMax = 16;

const Port = Type.Object({
  element: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
  /** A word stands for any length, the same wherever it recurs. */
  shape: Type.Optional(
    Type.Array(
      Type.Union([
        Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
        Type.String({ minLength: 1, maxLength: 64 }),
      ]),
      { maxItems: 16 },
    ),
  ),
});
type Port = Static<typeof Port>;
export type DeclaredPort = Readonly<Required<Port>>;

/** Items of one run. More: the configuration is refused. */
const batchItemsMax = 16;

const PictureSide = Type.Integer({ minimum: 2, maximum: 16_384 });

const Batching = Type.Object(
  {
    itemsMax: Type.Integer({ minimum: 1, maximum: batchItemsMax }),
    /** Sizes that run well, ascending. Default: any. */
    preferred: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: batchItemsMax }), { maxItems: batchItemsMax }),
    ),
    /** How long a picture waits for others. Default: 5. */
    delayMs: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000 })),
    /** Pictures are padded to them before they are joined. Default: none is padded. */
    sizes: Type.Optional(
      Type.Union([
        Type.Object({ multiple: PictureSide }, { additionalProperties: false }),
        Type.Object(
          { sides: Type.Array(PictureSide, { minItems: 1, maxItems: 16 }) },
          { additionalProperties: false },
        ),
      ]),
    ),
  },
  { additionalProperties: false },
);
const delayMsDefault = 5;

/** An engine process without a model takes nearly as much. */
const memoryBytesMin = 128 * 1024 * 1024;

const RepositoryKeys = Type.Object({
  /** Default: the latest one. */
  versionPolicy: Type.Optional(VersionPolicy),
  /** Further names of versions: `{ "stable": 2 }` lets tasks ask for `name@stable`. */
  aliases: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[a-z][a-z0-9._-]{0,31}$" }),
      Type.Integer({ minimum: 1, maximum: 999_999_999 }),
      { maxProperties: aliasesMax, additionalProperties: false },
    ),
  ),
  /** Engines of each version on each node. Default: 1. */
  instances: Type.Optional(Type.Integer({ minimum: 1, maximum: enginesMax })),
  /** In the place of `instances`: as many as the load asks for. */
  scaling: Type.Optional(ScalingConfig),
  /** Requests are begun and answered as they came, whatever their priority. Default: false. */
  preserveOrdering: Type.Optional(Type.Boolean()),
  /** Resident bytes of each engine; of more it is killed. Default: the worker's share for one. */
  memoryBytesMax: Type.Optional(
    Type.Integer({ minimum: memoryBytesMin, maximum: Number.MAX_SAFE_INTEGER }),
  ),
  /** How runs are joined, where the network leaves its batch open. Default: not. */
  batching: Type.Optional(Batching),
  /** Beside keys that are the engine's. */
  inputs: Type.Optional(Type.Record(Type.String(), Port)),
  outputs: Type.Optional(Type.Record(Type.String(), Port)),
});
const keysCheck = Compile(RepositoryKeys);

export interface ModelSettings extends KindOfWork {
  readonly policy: VersionPolicy;
  readonly aliases: Readonly<Record<string, number>>;
  /** Engines at the start. */
  readonly instances: number;
  /** Null: there are always as many. */
  readonly scaling: ScalingSettings | null;
  readonly preservesOrder: boolean;
  readonly batching: BatchTerms;
  /** Of each engine; null: it does not say. */
  readonly memoryBytesMax: number | null;
  /** Those that say both element and shape, by name. */
  readonly inputs: Readonly<Record<string, DeclaredPort>>;
  readonly outputs: Readonly<Record<string, DeclaredPort>>;
}

/** Fails with `invalid`, naming the key. */
export function modelSettingsIn(text: string, file: string): ModelSettings {
  const config = parsed(text, file);
  if (!keysCheck.Check(config)) {
    const first = keysCheck.Errors(config)[0];
    throw new Failure("invalid", `${file}: ${first?.instancePath || "/"} ${first?.message}`);
  }
  const batching = batchTermsOf(config.batching, file);
  const scaling = scalingIn(config, { file, itemsMax: batching.itemsMax });
  return {
    ...kindOfWork(config, file),
    policy: config.versionPolicy ?? versionPolicyDefault,
    aliases: config.aliases ?? {},
    instances: scaling === null ? (config.instances ?? 1) : Math.max(1, scaling.min),
    ...{ scaling, batching, preservesOrder: config.preserveOrdering ?? false },
    memoryBytesMax: config.memoryBytesMax ?? null,
    inputs: declaredIn(config.inputs),
    outputs: declaredIn(config.outputs),
  };
}

function scalingIn(
  { instances, scaling }: Pick<Static<typeof RepositoryKeys>, "instances" | "scaling">,
  { file, itemsMax }: { readonly file: string; readonly itemsMax: number },
): ScalingSettings | null {
  if (!scaling) return null;
  const defect = scalingDefect(scaling, instances);
  if (defect === undefined) return scalingOf(scaling, itemsMax);
  throw new Failure("invalid", `${file}: ${defect}`);
}

function batchTermsOf(given: Static<typeof Batching> | undefined, file: string): BatchTerms {
  if (!given) return unbatched;
  const { itemsMax, preferred = [], delayMs = delayMsDefault, sizes } = given;
  const joined = { itemsMax, preferred, delayMsMax: delayMs };
  const terms = sizes === undefined ? joined : { ...joined, sizes };
  try {
    checkTerms(terms);
    return terms;
  } catch (cause) {
    throw new Failure("invalid", `${file}: /batching: ${Failure.of(cause).detail}`, cause);
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid", `${file} is not JSON: ${Failure.of(cause).detail}`, cause);
  }
}

const declaredIn = (
  ports: Readonly<Record<string, Port>> = {},
): Readonly<Record<string, DeclaredPort>> =>
  Object.fromEntries(
    Object.entries(ports).flatMap(([name, { element, shape }]) =>
      element === undefined || shape === undefined ? [] : [[name, { element, shape }]],
    ),
  );
