// Looks whether a model's files are there and are what its manifest says.
//
//   <folder>/config.json         what the model is for (`kind`)
//   <folder>/<n>/model.onnx      one numbered folder for each version; the highest is used
//   <folder>/<n>/manifest.json   { "files": { "model.onnx": "<SHA-256 as hex>", … } }, if there is one
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { modelFileName } from "#actors/inference/fillers/filler-config.ts";
import { Failure } from "#protocols/failure.ts";
import type { ModelCapability } from "#protocols/tasks/capability.ts";

export interface ModelFiles extends ModelCapability {
  /** What the model is for; null: its configuration does not say. */
  readonly kind: string | null;
}

/** Files of one version. More: the manifest is refused. */
const manifestFilesMax = 256;
const reasonLengthMax = 1_000;

const manifestCheck = Compile(
  Type.Object({
    files: Type.Record(Type.String(), Type.String({ pattern: "^[0-9a-f]{64}$" })),
  }),
);
const configCheck = Compile(
  Type.Object({
    kind: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    backend: Type.Optional(Type.Union([Type.Literal("onnxruntime"), Type.Literal("opencv")])),
  }),
);

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
  const version = await newestVersion(folder);
  const place = join(folder, String(version));
  const told = configCheck.Check(config) ? config : {};
  const file = join(place, modelFileName(told));
  const sha256 = await sha256Of(file);
  const about = {
    name,
    kind: told.kind ?? null,
    version,
    sha256,
    bytes: (await stat(file)).size,
  };
  const manifest = await manifestOf(place);
  if (manifest === undefined) {
    const reason = `${join(place, "manifest.json")} is not there, nothing to compare with`;
    return { ...about, standing: "unverified", reason };
  }
  const wrong = await differing(place, { ...manifest });
  if (wrong === undefined) {
    const count = Object.keys(manifest).length;
    return { ...about, standing: "verified", reason: `${count} files are as the manifest says` };
  }
  return { ...about, standing: "broken", reason: wrong.slice(0, reasonLengthMax) };
}

async function newestVersion(folder: string): Promise<number> {
  const versions = (await readdir(folder)).filter((entry) => /^[1-9][0-9]{0,8}$/.test(entry));
  if (versions.length > 0) return Math.max(...versions.map(Number));
  throw new Failure(
    "not_found",
    `${folder} has no numbered folder; put the file into 1/model.onnx`,
  );
}

async function manifestOf(place: string): Promise<Readonly<Record<string, string>> | undefined> {
  const path = join(place, "manifest.json");
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (!manifestCheck.Check(value) || !Object.keys(value.files).every(isInFolder)) {
    throw new Failure("invalid", `${path} is not like { "files": { "model.onnx": "<SHA-256>" } }`);
  }
  const count = Object.keys(value.files).length;
  if (count > manifestFilesMax || !Object.hasOwn(value.files, "model.onnx")) {
    const seen = `${path} names ${count} files`;
    throw new Failure("invalid", `${seen}; name model.onnx and at most ${manifestFilesMax} in all`);
  }
  return value.files;
}

/** A file of the version's own folder. */
const isInFolder = (file: string): boolean => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(file);

/** The first file that is not as the manifest says, in words. */
async function differing(
  place: string,
  files: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  for (const [file, wanted] of Object.entries(files)) {
    const found = await sha256Of(join(place, file));
    if (found === wanted) continue;
    return `${join(place, file)} has SHA-256 ${found}, the manifest says ${wanted}; copy the model anew`;
  }
  return undefined;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
