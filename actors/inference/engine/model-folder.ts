// Finds a model's file and its configuration in the folder of a model repository:
//
//   <folder>/config.json        how the model wants its images
//   <folder>/<n>/model.onnx     one numbered folder for each version
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { type ModelSettings, modelSettingsIn } from "../repository/model-settings.ts";
import { versionsIn } from "../repository/version-files.ts";

const sideMax = 8192;

const ModelPadding = Type.Object({
  /** Width and height are multiples of this. */
  multiple: Type.Integer({ minimum: 1, maximum: sideMax }),
  /** Neither is smaller than this. */
  sizeMin: Type.Integer({ minimum: 0, maximum: sideMax }),
  isSquare: Type.Boolean(),
});
export type ModelPadding = Readonly<Static<typeof ModelPadding>>;

export interface ModelFolder {
  readonly modelFile: string;
  readonly padding: ModelPadding;
  readonly settings: ModelSettings;
}

const UnitRange = Type.Object({ range: Type.Tuple([Type.Literal(0), Type.Literal(1)]) });

/** What the engine can feed, and needs to know. Further keys are for others who read the file. */
const configCheck = Compile(
  Type.Object({
    padding: ModelPadding,
    inputs: Type.Object({ image: UnitRange, mask: Type.Object({ hole: Type.Literal(1) }) }),
    outputs: Type.Object({ output: UnitRange }),
  }),
);

/**
 * Of that version, or the newest. Fails with `model_failed`, naming the file and what is wrong with it.
 */
export async function readModelFolder(
  name: string,
  folder: string,
  version?: number,
): Promise<ModelFolder> {
  try {
    const file = join(folder, "config.json");
    const text = await readFile(file, "utf8");
    const settings = modelSettingsIn(text, file);
    const padding = paddingIn(JSON.parse(text), file);
    const place = version === undefined ? await newestVersion(folder) : String(version);
    return { modelFile: join(folder, place, "model.onnx"), padding, settings };
  } catch (cause) {
    const { detail } = Failure.of(cause);
    throw new Failure("model_failed", `model ${name} cannot be used: ${detail}`, cause);
  }
}

function paddingIn(config: unknown, file: string): ModelPadding {
  if (configCheck.Check(config)) return config.padding;
  const first = configCheck.Errors(config)[0];
  const where = first?.instancePath || "/";
  throw new Failure(
    "invalid",
    `${file}: ${where} ${first?.message}; see the built-in model's file`,
  );
}

async function newestVersion(folder: string): Promise<string> {
  const newest = (await versionsIn(folder)).at(-1);
  if (newest !== undefined) return String(newest);
  throw new Failure(
    "not_found",
    `${folder} has no numbered folder: put the file into 1/model.onnx`,
  );
}
