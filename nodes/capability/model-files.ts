// Looks whether a model's files are there and are what its manifest says.
//
//   <folder>/config.json         what the model is for (`kind`)
//   <folder>/<n>/model.onnx      one numbered folder for each version; the highest is used. Or what is
//                                there in its place: opencv.json, remote.json
//   <folder>/<n>/manifest.json   { "files": { "model.onnx": "<SHA-256 as hex>", … } }, if there is one
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import Type from "typebox";
import { Compile } from "typebox/compile";
import {
  mainFileOf,
  sha256Of,
  verifiedFiles,
  versionsIn,
} from "#actors/inference/repository/version-files.ts";
import { Failure } from "#protocols/failure.ts";
import type { ModelCapability } from "#protocols/tasks/capability.ts";

export interface ModelFiles extends ModelCapability {
  /** What the model is for; null: its configuration does not say. */
  readonly kind: string | null;
}

const reasonLengthMax = 1_000;

const configCheck = Compile(Type.Object({ kind: Type.String({ minLength: 1, maxLength: 64 }) }));

/** Reads all of the files once; never fails: what is wrong is the reason of a `broken` model. */
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
  const config: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  const version = (await versionsIn(folder)).at(-1);
  if (version === undefined) throw withoutVersion(folder);
  const place = join(folder, String(version));
  const file = await mainFileOf(place);
  const about = {
    name,
    kind: configCheck.Check(config) ? config.kind : null,
    version,
    sha256: await sha256Of(file),
    bytes: (await stat(file)).size,
  };
  try {
    const { standing, reason } = await verifiedFiles(place);
    return { ...about, standing, reason };
  } catch (cause) {
    const reason = Failure.of(cause).detail.slice(0, reasonLengthMax);
    return { ...about, standing: "broken", reason };
  }
}

const withoutVersion = (folder: string): Failure =>
  new Failure("not_found", `${folder} has no numbered folder; put the file into 1/model.onnx`);
