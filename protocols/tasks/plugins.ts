// What a cluster does to pictures beside repairing them, by the names that users of Lama Cleaner know. A
// plugin is a task whose model is of a certain kind; the model runs it, whatever the task's type is called.
import { Failure } from "../failure.ts";
import type { TaskFile, TaskParameters } from "./task.ts";

export interface Plugin {
  readonly name: string;
  /** What its model is for. */
  readonly kind: string;
  /** Where two plugins are of one kind: how the names of its models begin, in small letters. */
  readonly modelPrefix?: string;
  readonly files: readonly ("image" | "clean")[];
  readonly fields: readonly ("upscale" | "clicks")[];
}

/** In the order in which the original lists them. */
export const plugins: readonly Plugin[] = [
  { name: "InteractiveSeg", kind: "segment-by-clicks", files: ["image"], fields: ["clicks"] },
  { name: "RemoveBG", kind: "remove-background", files: ["image"], fields: [] },
  { name: "AnimeSeg", kind: "anime-segment", files: ["image"], fields: [] },
  { name: "RealESRGAN", kind: "upscale", files: ["image"], fields: ["upscale"] },
  ...["GFPGAN", "RestoreFormer"].map((name) => ({
    ...{ name, kind: "restore-face", modelPrefix: name.toLowerCase() },
    ...{ files: ["image"] as const, fields: [] },
  })),
  { name: "MakeGIF", kind: "make-gif", files: ["image", "clean"], fields: [] },
];

/** Fails with `not_found`, naming those that there are. */
export function pluginOf(name: string): Plugin {
  const plugin = plugins.find((one) => one.name === name);
  if (plugin) return plugin;
  const known = plugins.map((one) => one.name).join(", ");
  throw new Failure("not_found", `there is no plugin ${name.slice(0, 64)}, only ${known}`);
}

/** A model as `GET /api/models` tells of it. */
export interface PluginModel {
  readonly name: string;
  readonly kind?: string | null;
  readonly state: string;
  /** It runs what names only the model. */
  readonly isDefault: boolean;
}

/** Names of the models that run a plugin now; empty: it is not offered. */
export function modelsFor(
  { kind, modelPrefix = "" }: Plugin,
  models: readonly PluginModel[],
): readonly string[] {
  const ready = models.filter(
    (model) =>
      model.kind === kind &&
      model.state === "READY" &&
      model.isDefault &&
      model.name.toLowerCase().startsWith(modelPrefix),
  );
  return [...new Set(ready.map(({ name }) => name))].sort();
}

/** In the order in which the original lists them. */
export const pluginsRunBy = (models: readonly PluginModel[]): readonly string[] =>
  plugins.filter((plugin) => modelsFor(plugin, models).length > 0).map(({ name }) => name);

/**
 * The model that runs a plugin: the one that is wanted, or the first by name. Fails with `not_found`
 * when there is none, and with `invalid` when the one that is wanted does something else.
 */
export function modelFor(
  plugin: Plugin,
  models: readonly PluginModel[],
  wanted: string | undefined,
): string {
  const names = modelsFor(plugin, models);
  const chosen = wanted === undefined ? names[0] : names.find((name) => name === wanted);
  if (chosen !== undefined) return chosen;
  const { name, kind, modelPrefix } = plugin;
  if (wanted === undefined) {
    const named = modelPrefix === undefined ? "" : ` whose name begins with ${modelPrefix}`;
    const detail = `${name} is not offered: no model of kind ${kind}${named} is ready`;
    throw new Failure("not_found", `${detail}; GET /api/models tells which there are, and why`);
  }
  const offered = names.length === 0 ? "none" : names.join(", ");
  const seen = `${name} is not run by the model ${wanted.slice(0, 64)}`;
  throw new Failure(
    "invalid",
    `${seen}: ${whyNot(plugin, models, wanted)}; offered are: ${offered}`,
  );
}

function whyNot(
  { kind, modelPrefix = "" }: Plugin,
  models: readonly PluginModel[],
  wanted: string,
): string {
  const known = models.filter(({ name }) => name === wanted);
  const [model] = known;
  if (model === undefined) return "there is none of that name";
  if (model.kind !== kind)
    return `that is for ${model.kind ?? "nobody knows what"}, not for ${kind}`;
  if (!wanted.toLowerCase().startsWith(modelPrefix)) {
    return `its models have names that begin with ${modelPrefix}`;
  }
  return `that is ${known.map(({ state }) => state).join(", ")}`;
}

export interface PluginAsked {
  readonly model: string;
  readonly files: readonly TaskFile[];
  /** As a form has them: texts. Those that the plugin does not know are left out. */
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** What is submitted for it. */
export interface PluginOrder {
  readonly type: string;
  readonly model: string;
  readonly parameters: TaskParameters;
  readonly inputs: readonly TaskFile[];
}

/** Its result is the file `image`. Fails with `invalid`, naming the file or field that is missing. */
export function pluginOrder(plugin: Plugin, { model, files, fields }: PluginAsked): PluginOrder {
  const { name, kind: type } = plugin;
  const inputs = plugin.files.map((wanted) => {
    const file = files.find((one) => one.name === wanted);
    if (file) return file;
    throw new Failure("invalid", `${name} needs a file ${wanted}`);
  });
  const parameters = plugin.fields.map((field) => [
    field,
    parameterOf(plugin, field, fields[field]),
  ]);
  return { type, model, parameters: Object.fromEntries(parameters), inputs };
}

function parameterOf(
  { name }: Plugin,
  field: Plugin["fields"][number],
  text: string | undefined,
): TaskParameters[string] {
  if (text === undefined) throw new Failure("invalid", `${name} needs the field ${field}`);
  switch (field) {
    case "clicks":
      return text;
    case "upscale": {
      const value = text.trim() === "" ? Number.NaN : Number(text);
      if (Number.isFinite(value)) return value;
      throw new Failure("invalid", `${field} is "${text.slice(0, 32)}"; write a number, such as 2`);
    }
    default:
      return field satisfies never;
  }
}
