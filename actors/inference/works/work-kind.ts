// Pure. What `config.json` of a model folder says of what the model is for, and of what runs it. Further
// keys are for whoever does that work.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { type WorkKind, workKinds } from "#protocols/tasks/work-kinds.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";

const Kinds = Type.Object({
  /** Default: `inpaint`. */
  kind: Type.Optional(Type.Union(workKinds.map((kind) => Type.Literal(kind)))),
  /** What runs it; `onnxruntime` by default. */
  backend: Type.Optional(
    Type.Union([
      Type.Literal("onnxruntime"),
      Type.Literal("opencv"),
      /** Nothing but this program. */
      Type.Literal("built-in"),
      /** Nothing: it does what its script says, for whoever tests a cluster. */
      Type.Literal("scripted"),
    ]),
  ),
});
const check = Compile(Kinds);

export interface KindOfWork {
  readonly kind: WorkKind;
  readonly backend: NonNullable<Static<typeof Kinds>["backend"]>;
}

/** Fails with `invalid`, naming the key and what it may be. */
export function kindOfWork(config: unknown, file: string): KindOfWork {
  if (check.Check(config)) {
    return { kind: config.kind ?? "inpaint", backend: config.backend ?? "onnxruntime" };
  }
  throw new Failure("invalid", `${file}: ${valueMisfit(check.Errors(config), config)}`);
}

const files = {
  onnxruntime: "model.onnx",
  opencv: "opencv.json",
  "built-in": "built-in.json",
  scripted: "script.json",
} as const satisfies Record<KindOfWork["backend"], string>;

/** What a version's folder holds: a network, or a note of what is there in its place. */
export const modelFileName = ({ backend }: Pick<KindOfWork, "backend">): string => files[backend];
