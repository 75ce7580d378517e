// What is said on the command line of a plugin, held against what the plugin takes and what the cluster has.
// Pure.
import type { OutputFormat } from "#actors/inference/engine/image-format.ts";
import { Failure } from "#protocols/failure.ts";
import { nearestWord } from "#protocols/outside/spelling.ts";
import { modelsFor, type Plugin, pluginOf, plugins } from "#protocols/tasks/plugins.ts";
import type { ModelsListing } from "./models-listing.ts";
import { ownFormat } from "./output-file.ts";

/** Options that only some plugins take. */
export interface PluginWords {
  readonly clean?: string;
  readonly clicks?: string;
  readonly upscale?: string;
}

const words = ["clean", "clicks", "upscale"] as const;

/** Fails with `not_found`, naming the nearest one, or all. */
export function pluginNamed(name: string): Plugin {
  const nearest = nearestWord(
    name,
    plugins.map((one) => one.name),
  );
  if (nearest === undefined || nearest === name) return pluginOf(name);
  throw new Failure("not_found", `there is no plugin ${name}; did you mean ${nearest}?`);
}

/** Fails with `invalid`, naming the option that it does not take, or that it needs. */
export function refuseOtherWords(plugin: Plugin, given: PluginWords): void {
  for (const word of words) {
    const isGiven = given[word] !== undefined;
    if (isGiven === takes(plugin, word)) continue;
    const takers = plugins.filter((one) => takes(one, word)).map(({ name }) => name);
    const text = isGiven
      ? `--${word} is for ${takers.join(", ")}, and ${plugin.name} does not take it`
      : `${plugin.name} needs --${word}: troupe plugin --help shows how`;
    throw new Failure("invalid", text);
  }
}

const takes = ({ files, fields }: Plugin, word: (typeof words)[number]): boolean =>
  [...files, ...fields].some((one) => one === word);

/** The format of what it makes of a picture; undefined when that is none that the cluster reads. */
export function resultFormat({ kind }: Plugin, picture: Uint8Array): OutputFormat | undefined {
  switch (kind) {
    case "upscale":
    case "restore-face":
      return ownFormat(picture);
    case "make-gif":
      return "gif";
    default:
      return "png";
  }
}

/** The first by name that runs it. Fails with `unavailable`. */
export function modelFor(plugin: Plugin, { models }: ModelsListing): string {
  const [first] = modelsFor(plugin, models);
  if (first !== undefined) return first;
  const what = `${plugin.name} is not offered: no ${modelOf(plugin)} is ready`;
  throw new Failure("unavailable", `${what}. ${remedy}`);
}

/** Fails with `invalid` or `unavailable`, saying what keeps this model from running the plugin. */
export function modelNamed(plugin: Plugin, { models }: ModelsListing, wanted: string): string {
  const named = models.filter(({ name, aliases }) => name === wanted || aliases.includes(wanted));
  const [first] = named;
  if (first === undefined) {
    const others = modelsFor(plugin, models).join(", ") || "none now";
    const what = `there is no model ${wanted}; ${plugin.name} can be run by: ${others}`;
    throw new Failure("invalid", what);
  }
  const { kind, state, reason } = named.find((one) => one.state === "READY") ?? first;
  if (kind !== plugin.kind) {
    const what = `the model ${wanted} is for ${kind ?? "nothing known"}`;
    throw new Failure("invalid", `${what}, and ${plugin.name} needs one for ${plugin.kind}`);
  }
  const { modelPrefix: prefix = "" } = plugin;
  if (!wanted.toLowerCase().startsWith(prefix)) {
    const what = `${plugin.name} is run by models whose names begin with ${prefix}`;
    throw new Failure("invalid", `${what}, and ${wanted} does not: leave --model out`);
  }
  if (state === "READY") return wanted;
  const why = reason === "" ? "" : `: ${reason}`;
  throw new Failure("unavailable", `the model ${wanted} is ${state}${why}. ${remedy}`);
}

/** As a person names what is missing. */
export const modelOf = ({ kind, modelPrefix }: Plugin): string =>
  modelPrefix === undefined ? `model of kind ${kind}` : `model ${modelPrefix}… of kind ${kind}`;

const remedy =
  "troupe models tells which there are and why they are not ready; see docs/plugins.md";
