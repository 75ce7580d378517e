// Whether a file is a model of its kind: an engine process loads it and runs it once, as a worker will. Its
// own process, since a file that nobody has vouched for may crash what reads it.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { triedEngine } from "../capability/engine-trial.ts";

export interface TriedModel {
  readonly name: string;
  /** Text of its `config.json`. */
  readonly config: string;
  /** Of `model.onnx`. */
  readonly bytes: Uint8Array;
}

/** Takes as long as loading it does. Fails with `invalid`, saying why it cannot be used. */
export async function tryModel({ name, config, bytes }: TriedModel): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-trial-"));
  try {
    await mkdir(path.join(folder, "1"));
    await writeFile(path.join(folder, "config.json"), config);
    await writeFile(path.join(folder, "1", "model.onnx"), bytes);
    await loaded(name, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function loaded(name: string, folder: string): Promise<void> {
  try {
    await triedEngine(name, folder);
  } catch (cause) {
    const why = Failure.of(cause).detail.replaceAll(`${folder}/`, "").replace(/\s+/g, " ");
    throw new Failure("invalid", why, cause);
  }
}
