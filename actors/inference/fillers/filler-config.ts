// What `config.json` of a model folder may say about how the model is fed. All of it can be left out
// where the model's own inputs and outputs tell enough; model-form.ts says when they do.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";

const sideMax = 8192;

const Padding = Type.Object({
  /** Width and height are multiples of this. */
  multiple: Type.Integer({ minimum: 1, maximum: sideMax }),
  /** Neither is smaller than this. */
  sizeMin: Type.Integer({ minimum: 0, maximum: sideMax }),
  isSquare: Type.Boolean(),
});

/** The samples that stand for black and for white. */
const Range = Type.Union([
  Type.Tuple([Type.Literal(0), Type.Literal(1)]),
  Type.Tuple([Type.Literal(0), Type.Literal(255)]),
]);

const Input = Type.Object({
  range: Type.Optional(Range),
  /** Of a mask: whether its holes are its ones (255 in a mask of bytes) or its zeros. */
  hole: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(1)])),
});
const Output = Type.Object({ range: Type.Optional(Range) });

/** Further keys are for others who read the file. */
export const FillerConfig = Type.Object({
  padding: Type.Optional(Padding),
  /** By the names of the model's inputs. */
  inputs: Type.Optional(Type.Record(Type.String(), Input)),
  outputs: Type.Optional(Type.Record(Type.String(), Output)),
});
export type FillerConfig = Readonly<Static<typeof FillerConfig>>;

const check = Compile(FillerConfig);

/** Fails with `invalid`, naming the key and what is wrong with it. */
export function readFillerConfig(value: unknown, file: string): FillerConfig {
  if (check.Check(value)) return value;
  const first = check.Errors(value)[0];
  const where = first?.instancePath || "/";
  throw new Failure(
    "invalid",
    `${file}: ${where} ${first?.message}; see the built-in model's file`,
  );
}
