// `troupe models`: which versions of which models the workers serve, and orders to load, unload and reload.
import type { Command } from "commander";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { AddCommand } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { addInstallCommand } from "./install-command.ts";
import { FailureShown, isModelsListing, type ModelsListing, notesIn } from "./models-listing.ts";
import { refuseUnknownWord } from "./refuse-unknown-word.ts";
import { ownRows } from "./serving-table.ts";
import { formatTable } from "./table.ts";

const Done = Type.Object({
  nodes: Type.Array(Type.Object({ node: Type.String(), failure: Type.Optional(FailureShown) })),
});
const doneCheck = Compile(Done);

interface ListOptions {
  readonly url: string;
  readonly json?: true;
}

interface OrderOptions {
  readonly url: string;
  readonly node?: string;
}

const orders = [
  {
    act: "load",
    description: "load the versions of a model that its policy chooses",
    help: "In mode explicit only.",
  },
  {
    act: "unload",
    description: "take a model out of memory, when it has answered what it has",
    help: "In mode explicit only.",
  },
  {
    act: "reload",
    description: "load a model anew, beside the one that serves, and then take its place",
    help: "No request fails by it. When it cannot be loaded, what served before goes on.",
  },
] as const;

const examples = `
A model serves under its name, and each version under name@2 and its aliases. The versions that are not
ready say why. docs/models.md tells how models are laid out and loaded.

Examples:
  troupe models
  troupe models reload lama
  troupe models load lama --node worker-1
  troupe models install text-detector`;

export const addModelsCommand: AddCommand = ({ program, io, exitWith }) => {
  const models = program
    .command("models")
    .description("show the models of a running cluster, or load, unload and reload one")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .allowExcessArguments()
    .action(async ({ url, json }: ListOptions, command: Command) => {
      refuseUnknownWord(command);
      const answer = await new GatewayClient(url).get("api/models");
      if (!isModelsListing(answer)) throw strange(url);
      io.out(json ? `${JSON.stringify(answer, null, 2)}\n` : listingText(answer));
    });
  addInstallCommand(models, { io });
  for (const { act, description, help } of orders) {
    models
      .command(act)
      .description(description)
      .argument("<model>", "its name")
      .option("--node <name>", "on this node only (default: on all workers)")
      .addHelpText("after", `\n${help} Runs on the gateway's machine only.`)
      .action(
        async (model: string, _: OrderOptions, command: { optsWithGlobals(): OrderOptions }) => {
          const { url, node } = command.optsWithGlobals();
          const path = `api/models/${encodeURIComponent(model)}/${act}`;
          const order = node === undefined ? {} : { node };
          const answer = await new GatewayClient(url).order(path, order);
          if (!doneCheck.Check(answer)) throw strange(url);
          for (const { node: name, failure } of answer.nodes) {
            const how = failure ? `${failure.code}: ${failure.detail}` : "done";
            io.out(`${act} ${model} on ${name}: ${how}\n`);
          }
          if (answer.nodes.some(({ failure }) => failure)) exitWith(exitCodes.failed);
        },
      );
  }
};

function listingText(listing: ModelsListing): string {
  const { models, own = [], silent } = listing;
  const rows = models.map(({ name, version, node, state, aliases, isDefault, reason }) => [
    isDefault ? `${name} *` : name,
    version ?? "-",
    node,
    state,
    aliases.filter((alias) => alias !== `${name}@${version}`).join(" "),
    shortened(reason.replace(/\s+/g, " ")),
  ]);
  const heads = ["MODEL", "VERSION", "NODE", "STATE", "ALIASES", "REASON"];
  for (const [name = "", version = "", state = "", nodes = "", reason = ""] of ownRows(own)) {
    rows.push([name, version, nodes, state, "", reason]);
  }
  const table = rows.length === 0 ? "no model is known" : formatTable(heads, rows);
  const silence = silent.map(({ node, failure }) => `${node} does not say: ${failure.detail}`);
  const notes = [...silence, ...notesIn(listing).map((note) => `note: ${note}`)];
  return `${[table, ...notes].join("\n")}\n`;
}

const reasonLengthMax = 400;
/** What counts stands last as often as first. */
const shortened = (reason: string): string =>
  reason.length <= reasonLengthMax
    ? reason
    : `${reason.slice(0, reasonLengthMax / 2)} … ${reason.slice(-reasonLengthMax / 2)} (all: --json)`;

const strange = (url: string): Failure =>
  new Failure("invalid", `${url} does not answer like a gateway of Troupe`);
