// Finds a version of a model, and what it is for, in the folder of a model repository:
//
//   <folder>/config.json         or config.pbtxt: what it is for, how it wants its images, how its runs are joined
//   <folder>/<n>/model.onnx      one numbered folder for each version
//   <folder>/<n>/opencv.json     instead, where OpenCV is the model
//   <folder>/<n>/built-in.json   instead, where there is no model
//   <folder>/<n>/remote.json     instead, where another server runs it
import { access } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { readConfigFile } from "../repository/config-file.ts";
import type { ModelSettings } from "../repository/model-settings.ts";
import { versionsIn } from "../repository/version-files.ts";
import { modelFileName } from "../works/work-kind.ts";

export interface ModelFolder {
  /** Of the version. */
  readonly place: string;
  readonly modelFile: string;
  /** Its configuration: the path, and what it says as `config.json` would; each kind of work checks its own keys. */
  readonly configFile: string;
  /** Of that file, as hex. */
  readonly configSha256: string;
  readonly config: unknown;
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
    const { file: configFile, value: config, settings, ...read } = await readConfigFile(folder);
    const number = version === undefined ? await newestVersion(folder) : String(version);
    const place = join(folder, number);
    const modelFile = join(place, modelFileName(settings));
    // Without a network there is nothing else by which a folder is known as a version.
    if (settings.backend !== "onnxruntime") await refuseMissing(modelFile);
    return { place, modelFile, configFile, configSha256: read.sha256, config, settings };
  } catch (cause) {
    const { detail } = Failure.of(cause);
    throw new Failure("model_failed", `model ${name} cannot be used: ${detail}`, cause);
  }
}

async function refuseMissing(file: string): Promise<void> {
  await access(file).catch((cause: unknown) => {
    throw new Failure("not_found", `${file} is not there; put an empty {} there`, cause);
  });
}

async function newestVersion(folder: string): Promise<string> {
  const newest = (await versionsIn(folder)).at(-1);
  if (newest !== undefined) return String(newest);
  throw new Failure(
    "not_found",
    `${folder} has no numbered folder: put the file into 1/model.onnx`,
  );
}
