// What `config.json` of a model folder may say about how the model is fed. All of it can be left out
// where the model's own inputs and outputs tell enough; model-form.ts says when they do.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { firstMisfit } from "#protocols/value-misfit.ts";

const sideMax = 8192;

const Padding = Type.Object(
  {
    /** Width and height are multiples of this. */
    multiple: Type.Integer({ minimum: 1, maximum: sideMax }),
    /** Neither is smaller than this. */
    sizeMin: Type.Integer({ minimum: 0, maximum: sideMax }),
    isSquare: Type.Boolean(),
  },
  { additionalProperties: false },
);

/** The samples that stand for black and for white. */
const Range = Type.Union(
  [
    Type.Tuple([Type.Literal(0), Type.Literal(1)]),
    Type.Tuple([Type.Literal(0), Type.Literal(255)]),
  ],
  { description: "[0, 1] or [0, 255]" },
);

/** Of the whole, of an input and of an output: what stands beside the keys of every model. */
export const fillerKeys = {
  model: { padding: Type.Optional(Padding) },
  output: { range: Type.Optional(Range) },
  input: {
    range: Type.Optional(Range),
    /** Of a mask: whether its holes are its ones (255 in a mask of bytes) or its zeros. */
    hole: Type.Optional(Type.Integer({ minimum: 0, maximum: 1 })),
  },
};

/** Further keys are for others who read the file. */
export const FillerConfig = Type.Object({
  ...fillerKeys.model,
  /** By the names of the model's inputs. */
  inputs: Type.Optional(Type.Record(Type.String(), Type.Object(fillerKeys.input))),
  outputs: Type.Optional(Type.Record(Type.String(), Type.Object(fillerKeys.output))),
});
export type FillerConfig = Readonly<Static<typeof FillerConfig>>;

const check = Compile(FillerConfig);

/** Fails with `invalid`, naming the key and what is wrong with it. */
export function readFillerConfig(value: unknown, file: string): FillerConfig {
  if (check.Check(value)) return value;
  const { path, why } = firstMisfit(check.Errors(value), value);
  throw new Failure("invalid", `${file}: ${path || "/"} ${why}; see the built-in model's file`);
}
