// What models can be run by on this machine: ONNX Runtime, and which of its execution providers, and
// OpenCV. Each is tried with the built-in model that needs it: that a build names a provider says little,
// since its libraries are installed apart and need the machine's driver.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import { triedEngine } from "./engine-trial.ts";

export interface EngineOffer {
  readonly name: "ONNX Runtime" | "OpenCV";
  /** Null: the engine does not tell. */
  readonly version: string | null;
  /** Execution providers that a model was run by, `cpu` and the graphics provider; none: it cannot be used. */
  readonly providers: readonly string[];
  /** Why there is no graphics provider, with all that the build names, or why it cannot be used; else empty. */
  readonly reason: string;
}

const reasonLengthMax = 1_000;

/** Starts two processes, which takes a second or two. Never fails: what is wrong is the reason. */
export const offeredEngines = (): Promise<readonly EngineOffer[]> =>
  Promise.all([
    offerOf("ONNX Runtime", { model: "diffuse", wish: { device: "auto" } }),
    offerOf("OpenCV", { model: "cv2", wish: {} }),
  ]);

interface Trial {
  /** Built-in, which the engine is needed for. */
  readonly model: string;
  /** Beside what its configuration says. */
  readonly wish: object;
}

async function offerOf(name: EngineOffer["name"], { model, wish }: Trial): Promise<EngineOffer> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-trial-"));
  const told = (text: string): string =>
    oneLine(text.replaceAll(`${folder}/`, "")).slice(0, reasonLengthMax);
  try {
    await cp(builtInFolder(model), folder, { recursive: true });
    const file = join(folder, "config.json");
    const config: unknown = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify(Object.assign({}, config, wish)));
    const { models, onnxruntimeVersion } = await triedEngine(model, folder);
    const { device, notes } = models[0] ?? { device: "none", notes: [] };
    const isNetwork = device !== "none";
    const version = isNetwork ? onnxruntimeVersion : null;
    const providers = [...new Set(["cpu", ...(isNetwork ? [device] : [])])];
    return { name, version, providers, reason: told(notes.join("; ")) };
  } catch (cause) {
    return { name, version: null, providers: [], reason: told(Failure.of(cause).detail) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of the model that comes with Troupe under that name. */
export const builtInFolder = (name: string): string =>
  fileURLToPath(new URL(`../../actors/inference/models/${name}`, import.meta.url));

const oneLine = (text: string): string =>
  text.replace(/\s+/g, " ").trim().slice(0, reasonLengthMax);
