// `troupe plugin`: does to a picture what the models of a running cluster are for beside repairing, or lists
// that.
import { Failure } from "#protocols/failure.ts";
import {
  modelFor,
  modelsFor,
  ofKind,
  type Plugin,
  pluginOrder,
  plugins,
} from "#protocols/tasks/plugins.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { AddCommand, CommandPlace } from "./command.ts";
import { followedRepair } from "./followed-repair.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { isModelsListing, type ModelsListing } from "./models-listing.ts";
import { fittingPath, refuseUnfit } from "./output-file.ts";
import { readPicture, writePicture } from "./picture-file.ts";
import { type PluginWords, pluginNamed, refuseOtherWords, resultFormat } from "./plugin-words.ts";
import { formatTable } from "./table.ts";

const examples = `
Without a name the plugins are listed, with the models that run them. One without a model is not offered:
docs/plugins.md tells where models come from and how they are laid out. MakeGIF needs none but its name.

Examples:
  troupe plugin
  troupe plugin RemoveBG photograph.jpg --out figure.png
  troupe plugin RealESRGAN photograph.jpg --upscale 2 --out large.jpg
  troupe plugin InteractiveSeg photograph.jpg --clicks '[[120, 80, 1], [30, 30, 0]]' --out mask.png
  troupe plugin MakeGIF photograph.jpg --clean repaired.jpg --out comparison.gif`;

const remedy =
  "troupe models tells which there are and why they are not ready; see docs/plugins.md";

interface PluginOptions extends PluginWords {
  readonly model?: string;
  readonly out?: string;
  readonly url: string;
}

export const addPluginCommand: AddCommand = (place) => {
  place.program
    .command("plugin")
    .description("cut out, enlarge, restore or compare a picture, or list what can be done")
    .argument("[name]", "such as RemoveBG (default: list them)")
    .argument("[image]", "the picture")
    .option("--clean <file>", "of MakeGIF: what the picture was made into")
    .option("--clicks <json>", "of InteractiveSeg: [[x, y, 1], …], 0 for what is not meant")
    .option("--upscale <n>", "of RealESRGAN: how many times as large")
    .option("--model <name>", "the model to use (default: the first of its kind)")
    .option("--out <file>", "where to write")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText("after", examples)
    .action(async (name: string | undefined, image: string | undefined, options: PluginOptions) => {
      const client = new GatewayClient(options.url);
      if (name === undefined) {
        refuseAnyWord(options);
        place.io.out(`${pluginTable(await modelsAt(client))}\n`);
        return;
      }
      await runPlugin(client, { plugin: pluginNamed(name), image, options }, place);
    });
};

function refuseAnyWord({ url: _, ...words }: PluginOptions): void {
  const [word] = Object.keys(words);
  if (word === undefined) return;
  throw new Failure("invalid", `--${word} is for one plugin: name it, as troupe plugin RemoveBG`);
}

async function modelsAt(client: GatewayClient): Promise<ModelsListing> {
  const answer = await client.get("api/models");
  if (isModelsListing(answer)) return answer;
  throw new Failure("invalid", `${client.url} does not answer like a gateway of Troupe`);
}

function pluginTable({ models }: ModelsListing): string {
  const rows = plugins.map((plugin) => {
    const names = modelsFor(plugin, models);
    const needs = [...plugin.files, ...plugin.fields.map((field) => `--${field}`)];
    const offered = names.length > 0 ? names.join(" ") : `- (no ${ofKind(plugin)} is ready)`;
    return [
      plugin.name,
      needs.map((need) => (need === "clean" ? "--clean" : need)).join(" "),
      offered,
    ];
  });
  return formatTable(["PLUGIN", "NEEDS", "MODELS"], rows);
}

interface PluginRun {
  readonly plugin: Plugin;
  readonly image: string | undefined;
  readonly options: PluginOptions;
}

async function runPlugin(
  client: GatewayClient,
  { plugin, image, options }: PluginRun,
  place: CommandPlace,
): Promise<void> {
  const { out, clean, model, clicks, upscale } = options;
  if (image === undefined) throw new Failure("invalid", `name a picture for ${plugin.name}`);
  if (out === undefined) throw new Failure("invalid", "name a file for the result with --out");
  refuseOtherWords(plugin, options);
  const picture = await inputOf("image", image);
  const files = [picture, ...(clean === undefined ? [] : [await inputOf("clean", clean)])];
  refuseUnfit({ option: "--out", file: out, format: resultFormat(plugin, picture.bytes) });
  const { models } = await modelsAt(client);
  const chosen = modelFor(plugin, models, { wanted: model, remedy });
  const { inputs, ...task } = pluginOrder(plugin, {
    ...{ model: chosen, files, fields: { clicks, upscale } },
  });
  const form = new FormData();
  form.append("task", JSON.stringify(task));
  for (const { name, bytes } of inputs) form.append(name, new Blob([Buffer.from(bytes)]), name);
  const submit = async () => (await client.submit(form, undefined)).taskId;
  const result = await followedRepair({ client, submit, models: [chosen] }, place);
  if (result === undefined) return;
  const { task: taskId, node } = result.figures;
  const file = fittingPath(out, result.contentType);
  await writePicture(file, result.bytes);
  place.io.err(`${plugin.name} by ${chosen}, task ${taskId}, on ${node ?? "a worker"}\n`);
  place.io.out(`${file}\n`);
}

async function inputOf(name: string, file: string): Promise<TaskFile> {
  const { bytes } = await readPicture(file);
  return { name, contentType: "application/octet-stream", bytes };
}
