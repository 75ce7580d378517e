// Pure. What is said on the command line of a plugin, held against what the plugin takes.
import type { OutputFormat } from "#actors/inference/engine/image-format.ts";
import { Failure } from "#protocols/failure.ts";
import { nearestWord } from "#protocols/outside/spelling.ts";
import { type Plugin, pluginOf, plugins } from "#protocols/tasks/plugins.ts";
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
