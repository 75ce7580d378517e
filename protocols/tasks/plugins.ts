// What a cluster does to pictures beside repairing them, by the names that users of Lama Cleaner know. A
// plugin is a task whose model is of a certain kind; the model runs it, whatever the task's type is called.
import { Failure } from "../failure.ts";
import type { TaskFile } from "./task.ts";
import type { TaskParameters } from "./task-parameters.ts";

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
  /** Why it is in that state; empty: there is nothing to tell. */
  readonly reason?: string;
  /** Further names of this version. */
  readonly aliases?: readonly string[];
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

export interface ModelWish {
  /** Name or alias; undefined: the first by name. */
  readonly wanted: string | undefined;
  /** Where more is told of the models there are, for who reads a refusal. */
  readonly remedy: string;
}

/**
 * The model that runs a plugin. Fails with `not_found` when none does, and with `invalid` when the one that is
 * wanted does something else or is not ready.
 */
export function modelFor(
  plugin: Plugin,
  models: readonly PluginModel[],
  { wanted, remedy }: ModelWish,
): string {
  const names = modelsFor(plugin, models);
  if (wanted === undefined) {
    const [first] = names;
    if (first !== undefined) return first;
    const detail = `${plugin.name} is not offered: no ${ofKind(plugin)} is ready`;
    throw new Failure("not_found", `${detail}. ${remedy}`);
  }
  const why = whyNot(plugin, models, wanted);
  if (why === undefined) return wanted;
  const seen = `${plugin.name} is not run by the model ${wanted.slice(0, 64)}`;
  const offered = names.join(", ") || "none";
  throw new Failure("invalid", `${seen}: ${why}; offered are: ${offered}. ${remedy}`);
}

/** What a plugin needs, in words: `model of kind upscale`. */
export function ofKind({ kind, modelPrefix }: Plugin): string {
  const named = modelPrefix === undefined ? "" : ` whose name begins with ${modelPrefix}`;
  return `model of kind ${kind}${named}`;
}

/** Undefined: it runs the plugin. */
function whyNot(
  { kind, modelPrefix = "" }: Plugin,
  models: readonly PluginModel[],
  wanted: string,
): string | undefined {
  const known = models.filter(
    ({ name, aliases = [], isDefault }) =>
      (name === wanted && isDefault) || aliases.includes(wanted),
  );
  // One that serves nobody is the default of none.
  const meant = known.length > 0 ? known : models.filter(({ name }) => name === wanted);
  const model = meant.find(({ state }) => state === "READY") ?? meant[0];
  if (model === undefined) return "there is none of that name";
  if (model.kind !== kind) {
    return `that is for ${model.kind ?? "nobody knows what"}, not for ${kind}`;
  }
  if (!wanted.toLowerCase().startsWith(modelPrefix)) {
    return `its models have names that begin with ${modelPrefix}`;
  }
  if (model.state === "READY") return undefined;
  const { state, reason = "" } = model;
  return `that is ${state}${reason === "" ? "" : ` (${reason})`}`;
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
