// The cluster's control endpoint, as commands ask it: the options that say where it is and who asks.
import { type Command, Option } from "commander";
import { endpointKeyName } from "#actors/control/endpoint-terms.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { keyFile, loadKeyFile } from "#runtime/links/curve-keys.ts";
import { loadRegistry, registryFile } from "#runtime/links/key-registry-file.ts";
import type { AskerKeys } from "#runtime/links/zeromq-asker.ts";

const addressDefault = "tcp://127.0.0.1:7650";

export interface EndpointOptions {
  readonly at: string;
  readonly key?: string;
  readonly keys?: string;
  readonly as?: string;
}

export const addEndpointOptions = (command: Command): Command =>
  command
    .option("--at <address>", "the `control: bind` of the cluster's topology", addressDefault)
    .addOption(
      new Option(
        "--key <key>",
        "where keys are asked for; others of this machine may see it here",
      ).env("TROUPE_CONTROL_KEY"),
    )
    .option("--keys <folder>", "of an endpoint with curve: the registry, and the secret of --as")
    .option("--as <name>", "the client whose key is used", "client");

/** What it answers, read as JSON; undefined for what is none. Fails with `unavailable` when nobody answers. */
export async function askEndpoint(
  options: EndpointOptions,
  message: object,
  withinMs: number,
): Promise<unknown> {
  // Loaded only here: other commands do without sockets.
  const { askDesk } = await import("#runtime/links/zeromq-asker.ts");
  const { key } = options;
  const keys = askerKeys(options);
  const bytes = await askDesk({
    address: options.at,
    body: new TextEncoder().encode(
      JSON.stringify({ ...message, ...(key === undefined ? {} : { key }) }),
    ),
    withinMs,
    attemptsMax: controlLimits.attemptsMax,
    ...(keys === undefined ? {} : { keys }),
  });
  return parsed(new TextDecoder().decode(bytes));
}

export const strangeEndpoint = ({ at }: EndpointOptions): Failure =>
  new Failure("invalid", `${at} does not answer like a control channel of Troupe`);

function askerKeys({ keys: folder, as = "" }: EndpointOptions): AskerKeys | undefined {
  if (folder === undefined) return undefined;
  const deskKeys = loadRegistry(registryFile(folder)).keysOf(endpointKeyName);
  if (deskKeys.length > 0) return { pair: loadKeyFile(keyFile(folder, as), as), deskKeys };
  const remedy = `troupe keys add --dir ${folder} --node ${endpointKeyName} --key 'PUBLIC KEY'`;
  const text = `${registryFile(folder)} does not say the key of the control endpoint: ${remedy}`;
  throw new Failure("not_found", text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
