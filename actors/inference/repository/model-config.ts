// Pure. Every key that a model's configuration may have, and what is wrong with one that has others. Unknown
// keys are refused: one that is misspelt would else be a default that nobody wanted.
import Type, { type Static, type TObjectOptions, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { Problem } from "#protocols/outside/problem.ts";
import { schemaProblems } from "#protocols/outside/schema-problems.ts";
import { workKinds } from "#protocols/tasks/work-kinds.ts";
import { type KeysOfKind, keysOfKinds } from "../works/work-keys.ts";
import { type KindOfWork, kindOfWork } from "../works/work-kind.ts";
import { enginesMax, ScalingConfig } from "./scaling-config.ts";
import { toldProblems } from "./told-problems.ts";
import { VersionPolicy } from "./version-policy.ts";

const aliasesMax = 16;
/** Items of one run. More: the configuration is refused. */
export const batchItemsMax = 16;
export const delayMsMax = 1_000;
export const warmUpRunsMax = 100;
/** An engine process without a model takes nearly as much. */
const memoryBytesMin = 128 * 1024 * 1024;

export const elementNames = [
  ...["float16", "float32", "float64", "uint8", "int8", "uint16", "int16"],
  ...["uint32", "int32", "uint64", "int64", "bool", "string"],
];

const Side = Type.Union(
  [
    Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
    Type.String({ minLength: 1, maxLength: 64 }),
  ],
  { description: "a whole number from -1, or a word for any length" },
);

const portKeys = {
  element: Type.Optional(Type.Enum(elementNames)),
  /** A word stands for any length, the same wherever it recurs. */
  shape: Type.Optional(Type.Array(Side, { maxItems: 16 })),
};

const strict = { additionalProperties: false } as const;
const Items = Type.Integer({ minimum: 1, maximum: batchItemsMax });

const PictureSide = Type.Integer({ minimum: 2, maximum: 16_384 });
const Sides = Type.Array(PictureSide, { minItems: 1, maxItems: 16 });

const Batching = Type.Object(
  {
    itemsMax: Items,
    /** Sizes that run well, ascending. Default: any. */
    preferred: Type.Optional(Type.Array(Items, { maxItems: batchItemsMax })),
    /** How long a picture waits for others. Default: while it pays. */
    delayMs: Type.Optional(Type.Number({ minimum: 0, maximum: delayMsMax })),
    /** Pictures are padded to them before they are joined. Default: none is padded. */
    sizes: Type.Optional(
      Type.Union([
        Type.Object({ multiple: PictureSide }, strict),
        Type.Object({ sides: Sides }, strict),
      ]),
    ),
  },
  strict,
);

const Threads = Type.Object(
  {
    /** Of one operator. Default: the engine's share of its node's. */
    intraOp: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
    /** Operators at a time. Default: 1, one after the other. */
    interOp: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
  },
  strict,
);

const FileName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]*$",
  patternErrorMessage: "write the name of a file in the version's folder",
});
const WarmUp = Type.Object(
  {
    /** Of each size. Default: 1. */
    runs: Type.Optional(Type.Integer({ minimum: 1, maximum: warmUpRunsMax })),
    /** What the pictures are of. Default: grey. */
    data: Type.Optional(Type.Enum(["grey", "zero", "random"])),
    /** A request instead, by the names that the model's kind gives its files. */
    files: Type.Optional(Type.Record(Type.String(), FileName, { maxProperties: 8 })),
    parameters: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([Type.String({ maxLength: 16_384 }), Type.Number(), Type.Boolean()], {
          description: "a text, a number, or true or false",
        }),
        { maxProperties: 64 },
      ),
    ),
  },
  strict,
);

const Told = Type.Optional(Type.String({ maxLength: 1_000 }));

const keysOfAll = {
  /** For people: nobody reads these four. */
  ...{ name: Told, description: Told, licence: Told, source: Told },
  kind: Type.Optional(Type.Enum([...workKinds])),
  backend: Type.Optional(Type.Enum(["onnxruntime", "opencv", "built-in", "scripted"])),
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
  /** What runs the network. `auto`: a graphics processor where one can be used. Default: `cpu`. */
  device: Type.Optional(Type.Enum(["cpu", "gpu", "auto"])),
  threads: Type.Optional(Threads),
  warmUp: Type.Optional(WarmUp),
};

const ports = (keys: KeysOfKind["input"], terms: TObjectOptions) =>
  Type.Optional(Type.Record(Type.String(), Type.Object({ ...portKeys, ...keys }, terms)));

/** Of any kind; keys of a port that only its kind reads are left out. */
const ModelConfig = Type.Object({ ...keysOfAll, inputs: ports({}, {}), outputs: ports({}, {}) });
export type ModelConfig = Static<typeof ModelConfig>;
const check = Compile(ModelConfig);

/** All that a configuration of this kind may say. */
export const schemaOf = (kind: KindOfWork["kind"]): TSchema => {
  const { model, input, output } = keysOfKinds[kind];
  const sides = { inputs: ports(input, strict), outputs: ports(output, strict) };
  return Type.Object({ ...keysOfAll, ...model, ...sides }, strict);
};

/** Fails with `invalid`: each key that is wrong, what was found there, and what may stand there. */
export function modelConfigIn(value: unknown, file: string): KindOfWork & ModelConfig {
  const problems = schemaProblems(schemaOf(kindIn(value)), value);
  const foreign = problems.map((problem) => ofAnotherKind(problem, kindIn(value)));
  if (problems.length > 0) throw new Failure("invalid", `${file}: ${toldProblems(foreign)}`);
  if (!check.Check(value)) throw new Failure("internal", `${file} is refused without a reason`);
  return { ...value, ...kindOfWork(value, file) };
}

function kindIn(value: unknown): KindOfWork["kind"] {
  const given: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, "kind") : undefined;
  return workKinds.find((kind) => kind === given) ?? "inpaint";
}

function ofAnotherKind(problem: Problem, kind: KindOfWork["kind"]): Problem {
  const [key, ...below] = problem.path;
  if (problem.at !== "key" || below.length > 0) return problem;
  const kinds = workKinds.filter((one) => Object.hasOwn(keysOfKinds[one].model, String(key)));
  if (kinds.length === 0) return problem;
  const message = `the key ${key} is for models of kind ${kinds.join(" or ")}`;
  return { ...problem, message, remedy: `take it out of this one, which is of kind ${kind}` };
}
