// Compares the files of one version with its manifest:
//
//   <model>/<n>/model.onnx
//   <model>/<n>/manifest.json   { "files": { "model.onnx": "<SHA-256 as hex>", … } }, if there is one;
//                               with "config": "<SHA-256 as hex>" for the model's configuration, too
//
// A manifest names every file beside it. So what a model may read of its folder is what somebody has
// vouched for, and a version that is still being copied is none yet: write the manifest last.
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { modelJsonIn } from "./model-json.ts";
import { noFile, readPlainText, withPlainFile } from "./plain-file.ts";

/** Files of one version. More: the version is refused. */
export const versionFilesMax = 256;

export const manifestName = "manifest.json";
const manifestBytesMax = 256 * 1024;

/** SHA-256 as hex, by name of file. */
export type FileSums = Readonly<Record<string, string>>;

export interface VersionFiles {
  readonly standing: "verified" | "unverified";
  readonly reason: string;
  /** Changes when a file does. */
  readonly fingerprint: string;
  /** SHA-256 that the manifest has for the model's configuration; null: any will do. */
  readonly config: string | null;
}

const Sum = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "the SHA-256 alone, as 64 digits 0-9 and a-f, as sha256sum prints it",
});
// A key that is not known may be a seal that was misspelt, and would seal nothing.
const Manifest = Type.Object(
  { files: Type.Record(Type.String(), Sum), config: Type.Optional(Sum) },
  { additionalProperties: false },
);
type Manifest = Readonly<Static<typeof Manifest>>;
const manifestCheck = Compile(Manifest);

const versionName = /^[1-9][0-9]{0,8}$/;

/** The numbers of the versions in a model's folder, ascending. */
export async function versionsIn(folder: string): Promise<readonly number[]> {
  const entries = await readdir(folder);
  const versions = entries.filter((entry) => versionName.test(entry)).map(Number);
  return versions.sort((a, b) => a - b);
}

/** What looks like versions there and is none. */
export async function oddVersionsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder);
  return entries.filter((entry) => /^[0-9]+$/.test(entry) && !versionName.test(entry)).slice(0, 8);
}

/**
 * Reads every file that the manifest names, but for the configuration: see `refuseOtherConfig`. Fails with
 * `corrupt` when one differs, `not_found` when one is missing, `invalid` when the manifest is none or leaves
 * out a file.
 */
export async function verifiedFiles(place: string): Promise<VersionFiles> {
  const manifest = await manifestOf(place);
  if (manifest === undefined) {
    const fingerprint = await signatureOf(place);
    if (fingerprint === "") throw new Failure("not_found", `${place} holds no file`);
    const reason = `${join(place, manifestName)} is not there, nothing to compare with`;
    return { standing: "unverified", reason, fingerprint, config: null };
  }
  const { files, config = null } = manifest;
  await refuseUnnamed(place, files);
  for (const [file, wanted] of Object.entries(files)) {
    const found = await sha256Of(join(place, file));
    if (found !== wanted) throw differing(join(place, file), { found, wanted });
  }
  const count = `${Object.keys(files).length} files`;
  const what = config === null ? count : `${count} and the configuration`;
  const reason = `${what} are as the manifest says`;
  return { standing: "verified", reason, fingerprint: digestOf(manifest), config };
}

/**
 * Holds the configuration, as it was read, to the one that the manifest was written for. Fails with
 * `corrupt`.
 */
export function refuseOtherConfig(
  { config: wanted }: Pick<VersionFiles, "config">,
  { file, sha256: found }: { readonly file: string; readonly sha256: string },
): void {
  if (wanted === null || found === wanted) return;
  const seen = `${file} has SHA-256 ${found}, the manifest says ${wanted}`;
  const remedy = 'bring back the one that it was, or write "config" in the manifest anew';
  throw new Failure("corrupt", `${seen}; ${remedy}`);
}

/** Undefined when there is none. Fails with `invalid` for one that is none. */
async function manifestOf(place: string): Promise<Manifest | undefined> {
  const path = join(place, manifestName);
  const text = await readPlainText(path, manifestBytesMax).catch((cause: unknown) => {
    if (isMissing(cause)) return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const value = manifestIn(text, path);
  const count = Object.keys(value.files).length;
  if (count > versionFilesMax || count === 0) {
    const seen = `${path} names ${count} files`;
    throw new Failure(
      "invalid",
      `${seen}; name each file beside it, 1 to ${versionFilesMax} in all`,
    );
  }
  return value;
}

function manifestIn(text: string, path: string): Manifest {
  const value = modelJsonIn(text, path);
  if (!manifestCheck.Check(value)) {
    const misfit = valueMisfit(manifestCheck.Errors(value), value, Manifest);
    throw new Failure("invalid", `${path}: ${misfit} (${manifestLike})`);
  }
  const outside = Object.keys(value.files).find((file) => !isInFolder(file));
  if (outside === undefined) return value;
  const seen = `${path}: files has ${JSON.stringify(outside.slice(0, 128))}`;
  throw new Failure("invalid", `${seen}, which names no file beside it (${manifestLike})`);
}

const manifestLike =
  'it is like { "files": { "model.onnx": "<SHA-256>" }, "config": "<SHA-256>" }, config if wanted';

/** Path of the file that stands for the version: the network, or what is there in its place. */
export async function mainFileOf(place: string): Promise<string> {
  const names = (await filesIn(place)).filter((name) => name !== manifestName).sort();
  const main = names.includes("model.onnx") ? "model.onnx" : names[0];
  if (main !== undefined) return join(place, main);
  throw new Failure("not_found", `${place} holds no file; put model.onnx there`);
}

/** What a manifest says of the files that are there now. Fails with `not_found`. */
export async function manifestFor(place: string): Promise<FileSums> {
  const names = (await filesIn(place)).filter((name) => name !== manifestName).sort();
  const entries = await Promise.all(
    names.map(async (name) => [name, await sha256Of(join(place, name))] as const),
  );
  return Object.fromEntries(entries);
}

/** Fails as `withPlainFile`. */
export function sha256Of(path: string): Promise<string> {
  return withPlainFile(path, async (file) => {
    const hash = createHash("sha256");
    await pipeline(file.createReadStream({ autoClose: false }), hash);
    return hash.digest("hex");
  });
}

/** Says when the files may have changed, without reading them. Fails with `invalid` for what is no file. */
export async function signatureOf(place: string): Promise<string> {
  const names = (await filesIn(place)).slice(0, versionFilesMax + 1).sort();
  const facts = await Promise.all(
    names.map(async (name) => {
      const about = await stat(join(place, name));
      if (!about.isFile()) throw noFile(join(place, name));
      const { size, mtimeMs, ctimeMs, ino } = about;
      return [name, size, mtimeMs, ctimeMs, ino].join(" ");
    }),
  );
  return facts.join("\n");
}

async function filesIn(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

async function refuseUnnamed(place: string, files: FileSums): Promise<void> {
  // Folders too: a model may read what lies in them.
  const entries = (await readdir(place)).filter((name) => name !== manifestName);
  const unnamed = entries.find((name) => !Object.hasOwn(files, name));
  if (unnamed === undefined) return;
  const what = `${join(place, unnamed)} is not in the manifest, so that nobody vouches for it`;
  throw new Failure("invalid", `${what}; name it there, or take it away`);
}

const differing = (
  file: string,
  { found, wanted }: { readonly found: string; readonly wanted: string },
): Failure =>
  new Failure(
    "corrupt",
    `${file} has SHA-256 ${found}, the manifest says ${wanted}; copy the model anew`,
  );

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT";

/** A file of the version's own folder. */
const isInFolder = (file: string): boolean => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(file);

const digestOf = ({ files, config }: Manifest): string =>
  createHash("sha256")
    .update(JSON.stringify([Object.entries(files).sort(), config ?? null]))
    .digest("hex");
