// Reads a model's configuration from its folder: `config.json`, or `config.pbtxt` as Triton has it. Both at
// once are refused: nobody could say which of them counts.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { modelJsonIn, withoutMark } from "./model-json.ts";
import { type ModelSettings, settingsOf } from "./model-settings.ts";
import { readPlainText } from "./plain-file.ts";
import { tritonConfigIn } from "./triton-config.ts";

const configBytesMax = 256 * 1024;

export interface ConfigFile {
  /** Its path. */
  readonly file: string;
  /** Of the file, as hex. */
  readonly sha256: string;
  /** As JSON, whatever the file is written in. */
  readonly text: string;
  /** What the text says; each kind of work checks its own keys. */
  readonly value: unknown;
  readonly settings: ModelSettings;
  /** What of the file is left out. */
  readonly notes: readonly string[];
}

/** Fails with `invalid`, naming the file and what is wrong in it, and as `open` does. */
export async function readConfigFile(folder: string): Promise<ConfigFile> {
  const [json, triton] = [join(folder, "config.json"), join(folder, "config.pbtxt")];
  const tritonText = await textOrNothing(triton);
  if (tritonText === undefined) return jsonConfig(await readPlainText(json, configBytesMax), json);
  if ((await textOrNothing(json)) === undefined) return tritonConfig(tritonText, triton);
  throw new Failure("invalid", `${folder} has config.json and config.pbtxt: take one of them away`);
}

function jsonConfig(source: string, file: string): ConfigFile {
  const value = modelJsonIn(source, file);
  const settings = settingsOf(value, file);
  const text = withoutMark(source);
  return { file, sha256: sha256In(source), text, value, settings, notes: [] };
}

function tritonConfig(source: string, file: string): ConfigFile {
  const { value, notes } = tritonConfigIn(source, file);
  const text = `${JSON.stringify(value, null, 2)}\n`;
  return { file, sha256: sha256In(source), text, value, settings: settingsOf(value, file), notes };
}

const sha256In = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Undefined when there is no such file. */
const textOrNothing = (file: string): Promise<string | undefined> =>
  readPlainText(file, configBytesMax).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  });
