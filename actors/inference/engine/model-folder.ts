// Finds a model's file and its configuration in the folder of a model repository:
//
//   <folder>/config.json        how the model wants its images
//   <folder>/<n>/model.onnx     one numbered folder for each version; the highest is used. Where
//                              OpenCV is the model: opencv.json
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { type FillerConfig, modelFileName, readFillerConfig } from "../fillers/filler-config.ts";

export interface ModelFolder {
  readonly modelFile: string;
  readonly config: FillerConfig;
}

/** Fails with `model_failed`, naming the file and what is wrong with it. */
export async function readModelFolder(name: string, folder: string): Promise<ModelFolder> {
  try {
    const file = join(folder, "config.json");
    const config = readFillerConfig(JSON.parse(await readFile(file, "utf8")), file);
    const modelFile = join(folder, await newestVersion(folder), modelFileName(config));
    return { modelFile, config };
  } catch (cause) {
    const { detail } = Failure.of(cause);
    throw new Failure("model_failed", `model ${name} cannot be used: ${detail}`, cause);
  }
}

async function newestVersion(folder: string): Promise<string> {
  const entries = await readdir(folder);
  const versions = entries.filter((entry) => /^[1-9][0-9]{0,8}$/.test(entry)).map(Number);
  if (versions.length > 0) return String(Math.max(...versions));
  throw new Failure(
    "not_found",
    `${folder} has no numbered folder: put the file into 1/model.onnx`,
  );
}
