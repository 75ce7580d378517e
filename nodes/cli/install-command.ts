// `troupe models install`: puts a published model into a folder of models, as the repository wants it.
// Nothing is fetched: npm has done that, or is told how to. The manifest comes last, so that a worker that
// looks at the folder meanwhile sees no half of a model.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { withPlainFile } from "#actors/inference/repository/plain-file.ts";
import { manifestName } from "#actors/inference/repository/version-files.ts";
import { Failure } from "#protocols/failure.ts";
import { FinishedFiles } from "./batch/finished-file.ts";
import type { CommandPlace } from "./command.ts";
import { formatBytes } from "./figures.ts";
import { type InstallableModel, installableModels } from "./installable-models.ts";
import { tryModel } from "./model-trial.ts";

interface InstallOptions {
  readonly into: string;
  readonly file?: string;
}

const configName = "config.json";
const names = installableModels.map(({ name }) => name).join(", ");

const help = `
Models: ${names}. A worker takes it up when its topology names the folder of models:

  repository: { mode: poll, path: ./models }

Examples:
  troupe models install text-detector
  troupe models install text-detector --into /srv/models --file my-detector.onnx`;

export function addInstallCommand(models: Command, { io }: Pick<CommandPlace, "io">): void {
  models
    .command("install")
    .description("put a published model into a folder of models; needs no cluster")
    .argument("<model>", `one of: ${names}`)
    .option("--into <folder>", "folder of models", "models")
    .option("--file <file>", "another model of the same kind (default: the published one)")
    .addHelpText("after", help)
    .action(async (name: string, options: InstallOptions) => {
      const model = modelOf(name);
      const folder = path.join(options.into, name);
      const bytes = await (options.file === undefined
        ? publishedFile(model)
        : ownFile(options.file, { model, folder }));
      await install(folder, model, bytes);
      io.err(`${name}: version 1, ${formatBytes(bytes.byteLength)}, in ${options.into}\n`);
      io.out(`${folder}\n`);
    });
}

function modelOf(name: string): InstallableModel {
  const model = installableModels.find((one) => one.name === name);
  if (model) return model;
  throw new Failure("not_found", `there is no model ${name} to install; there are: ${names}`);
}

async function publishedFile(model: InstallableModel): Promise<Uint8Array> {
  const entry = entryOf(model);
  if (entry === undefined) throw missing(model);
  const file = path.join(path.dirname(entry), model.file);
  const bytes = await fileAt(file);
  if (sha256(bytes) === model.sha256) return bytes;
  const { name, version } = model.package;
  const detail = `${file} is not what ${name} ${version} has: install that version, or say --file`;
  throw new Failure("corrupt", detail);
}

/**
 * One that is not the published file is loaded as a worker would load it, before anything is placed. Fails with
 * `invalid` when that cannot be done.
 */
async function ownFile(
  file: string,
  { model, folder }: { readonly model: InstallableModel; readonly folder: string },
): Promise<Uint8Array> {
  const bytes = await fileAt(file);
  if (sha256(bytes) === model.sha256) return bytes;
  const { name } = model;
  const own = await readFile(path.join(folder, configName), "utf8").catch(() => undefined);
  const config = own ?? Buffer.from(json(model.config)).toString();
  await tryModel({ name, config, bytes }).catch((cause: unknown) => {
    const { detail } = Failure.of(cause);
    throw new Failure("invalid", `${file} is no ${name}: ${detail}; nothing was placed`, cause);
  });
  return bytes;
}

function entryOf({ package: { entry } }: InstallableModel): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(entry);
  } catch {
    return undefined;
  }
}

function missing({ name, package: { name: published, version } }: InstallableModel): Failure {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const command = `npm install --no-save --ignore-scripts ${published}@${version}`;
  const detail = `${name} is in a package that is not installed: run this in ${root}, and repeat the command`;
  return new Failure("not_found", `${detail}\n\n  ${command}\n`);
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const modelFile = "model.onnx";

/** What is there already stays, and must be the same file. Fails with `conflict` and `unavailable`. */
async function install(folder: string, model: InstallableModel, bytes: Uint8Array): Promise<void> {
  const place = path.join(folder, "1");
  const hash = sha256(bytes);
  const before = await readFile(path.join(place, modelFile)).catch(() => undefined);
  if (before !== undefined && sha256(before) !== hash) {
    const detail = `${place} holds another file: move it away, or choose another folder with --into`;
    throw new Failure("conflict", detail);
  }
  const files = new FinishedFiles();
  const config = path.join(folder, configName);
  const hasConfig = await readFile(config).then(
    () => true,
    () => false,
  );
  if (!hasConfig) await files.write(config, json(model.config));
  if (before === undefined) await files.write(path.join(place, modelFile), bytes);
  const manifest = { files: { [modelFile]: hash } };
  await files.write(path.join(place, manifestName), json(manifest));
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

async function fileAt(file: string): Promise<Uint8Array> {
  return withPlainFile(file, (handle) => handle.readFile()).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("not_found", `cannot read ${file}: ${why}`, cause);
  });
}
