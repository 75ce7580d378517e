// Finds a version of a model, and how it is fed and run, in the folder of a model repository:
//
//   <folder>/config.json         how the model wants its images, and how its runs are joined
//   <folder>/<n>/model.onnx      one numbered folder for each version
//   <folder>/<n>/opencv.json     instead, where OpenCV is the model
//   <folder>/<n>/remote.json     instead, where another server runs it
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { type FillerConfig, modelFileName, readFillerConfig } from "../fillers/filler-config.ts";
import { type ModelSettings, modelSettingsIn } from "../repository/model-settings.ts";
import { versionsIn } from "../repository/version-files.ts";

export interface ModelFolder {
  readonly modelFile: string;
  readonly config: FillerConfig;
  readonly settings: ModelSettings;
}

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
    const config = readFillerConfig(JSON.parse(text), file);
    const place = version === undefined ? await newestVersion(folder) : String(version);
    return { modelFile: join(folder, place, modelFileName(config)), config, settings };
  } catch (cause) {
    const { detail } = Failure.of(cause);
    throw new Failure("model_failed", `model ${name} cannot be used: ${detail}`, cause);
  }
}

async function newestVersion(folder: string): Promise<string> {
  const newest = (await versionsIn(folder)).at(-1);
  if (newest !== undefined) return String(newest);
  throw new Failure(
    "not_found",
    `${folder} has no numbered folder: put the file into 1/model.onnx`,
  );
}
