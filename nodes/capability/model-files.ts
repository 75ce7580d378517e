// Looks whether a model's files are there and are what its manifest says.
//
//   <folder>/config.json         or config.pbtxt: what the model is for (`kind`), and which versions are served
//   <folder>/<n>/model.onnx      one numbered folder for each version. Or what is there in its place:
//                                opencv.json, remote.json
//   <folder>/<n>/manifest.json   { "files": { "model.onnx": "<SHA-256 as hex>", … } }, if there is one;
//                                it may vouch for the configuration, too
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type ConfigFile, readConfigFile } from "#actors/inference/repository/config-file.ts";
import {
  mainFileOf,
  refuseOtherConfig,
  sha256Of,
  verifiedFiles,
  versionsIn,
} from "#actors/inference/repository/version-files.ts";
import { chosenVersions } from "#actors/inference/repository/version-policy.ts";
import { Failure } from "#protocols/failure.ts";
import type { ModelCapability } from "#protocols/tasks/capability.ts";

export interface ModelFiles extends ModelCapability {
  /** What the model is for; null: its configuration cannot be read. */
  readonly kind: string | null;
}

const reasonLengthMax = 1_000;

/**
 * Of the versions that are served the highest that can be used. Reads all of their files once; never
 * fails: what is wrong is the reason of a `broken` model, and beside the reason of one that is not.
 */
export async function examineModel(name: string, folder: string): Promise<ModelFiles> {
  const broken = { name, version: null, sha256: null, bytes: 0, standing: "broken" } as const;
  try {
    return await examine(name, folder);
  } catch (cause) {
    const reason = Failure.of(cause).detail.slice(0, reasonLengthMax);
    return { ...broken, kind: null, reason };
  }
}

async function examine(name: string, folder: string): Promise<ModelFiles> {
  const config = await readConfigFile(folder);
  const { kind, policy } = config.settings;
  const versions = chosenVersions(policy, await versionsIn(folder));
  if (versions.length === 0) throw withoutVersion(folder);
  const found: VersionFacts[] = [];
  for (const version of versions.toReversed()) {
    found.push(await examineVersion(join(folder, String(version)), version, config));
  }
  const best = found.find(({ standing }) => standing !== "broken") ?? found[0];
  if (!best) throw withoutVersion(folder);
  const others = found
    .filter((one) => one !== best && one.standing === "broken")
    .map(({ version, reason }) => `; version ${version} cannot be used: ${reason}`);
  const reason = [best.reason, ...others].join("").slice(0, reasonLengthMax);
  return { ...best, name, kind, reason };
}

type VersionFacts = Omit<ModelFiles, "name" | "kind">;

async function examineVersion(
  place: string,
  version: number,
  config: ConfigFile,
): Promise<VersionFacts> {
  let about: Pick<VersionFacts, "version" | "sha256" | "bytes"> = {
    version,
    sha256: null,
    bytes: 0,
  };
  try {
    const file = await mainFileOf(place);
    about = { version, sha256: await sha256Of(file), bytes: (await stat(file)).size };
    const files = await verifiedFiles(place);
    refuseOtherConfig(files, config);
    const { standing, reason } = files;
    return { ...about, standing, reason };
  } catch (cause) {
    const reason = Failure.of(cause).detail.slice(0, reasonLengthMax);
    return { ...about, standing: "broken", reason };
  }
}

const withoutVersion = (folder: string): Failure =>
  new Failure("not_found", `${folder} has no numbered folder; put the file into 1/model.onnx`);
