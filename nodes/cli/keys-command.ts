// `troupe keys`: the keys by which the nodes of a cluster know each other.
import type { Command } from "commander";
import { Failure } from "#protocols/failure.ts";
import { roleNames } from "#protocols/outside/topology.ts";
import { keyFile } from "#runtime/links/curve-keys.ts";
import type { AddCommand } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { type KeyChange, KeyFolder, type ListedKeys } from "./key-folder.ts";
import { addNeededOption } from "./needed-option.ts";
import { formatTable } from "./table.ts";

const examples = `
The folder holds one secret file a node, readable by its owner alone, and the file registry, which
lists the public keys that may connect. Secrets never leave the machine of their node; the registry
must be the same on all machines: compare the fingerprints that list prints.

Examples:
  troupe keys make --dir keys --node control
  troupe keys list --dir keys
  troupe keys add --dir keys --node worker-1 --key 'PUBLIC KEY'
  troupe keys rotate --dir keys --node worker-1
  troupe keys remove --dir keys --node worker-1`;

const rotateHelp = `
To change a key without a gap:
  1. troupe keys rotate --node NAME             makes the new pair and lists it beside the old one
  2. bring the registry to all machines         running nodes read it by themselves
  3. troupe keys rotate --node NAME --finish    then start the node anew: it uses the new pair
  4. troupe keys remove --node NAME --key OLD   on all machines

Examples:
  troupe keys rotate --dir keys --node worker-1
  troupe keys rotate --dir keys --node worker-1 --finish`;

/** What a node may be in a topology, as the registry says it. */
const roles = [...roleNames, "director"];

interface KeysOptions {
  readonly dir: string;
  readonly json?: true;
}
interface NodeOptions extends KeysOptions {
  readonly node: string;
  readonly role?: readonly string[];
  readonly key?: string;
  readonly finish?: true;
}

export const addKeysCommand: AddCommand = ({ program, io }) => {
  const keys = program
    .command("keys")
    .description("make, list and change the keys of the nodes")
    .addHelpText("after", examples);
  addMake(keys, io);
  addList(keys, io);
  addAdd(keys, io);
  addRemove(keys, io);
  addRotate(keys, io);
};

function addMake(keys: Command, io: CommandIo): void {
  ofNode(keys.command("make"))
    .description("make the first keys of a node, and list its public key")
    .option("--role <name...>", `what the node may be: ${roles.join(", ")} (default: anything)`)
    .addHelpText(
      "after",
      "\nExamples:\n  troupe keys make --dir keys --node control --role control director",
    )
    .action(({ dir, node, role = [], json }: NodeOptions) => {
      const change = new KeyFolder(dir).make(node, checkedRoles(role));
      tell(io, json, change, [
        `made the keys of ${node}`,
        `secret  ${change.file}`,
        `public  ${change.keys.join(" ")}`,
      ]);
    });
}

function addList(keys: Command, io: CommandIo): void {
  inFolder(keys.command("list"))
    .description("show whose keys are listed, and whose secrets are here")
    .addHelpText("after", "\nExamples:\n  troupe keys list --dir keys --json")
    .action(({ dir, json }: KeysOptions) => {
      const listed = new KeyFolder(dir).list();
      io.out(json ? `${JSON.stringify(listed, null, 2)}\n` : `${describeList(listed)}\n`);
    });
}

function addAdd(keys: Command, io: CommandIo): void {
  const command = ofNode(keys.command("add"));
  addNeededOption(command, "--key <public>", "public key, in single quotes, for the shell's sake")
    .description("list a public key that was made elsewhere")
    .option("--role <name...>", `what the node may be: ${roles.join(", ")} (default: as before)`)
    .addHelpText(
      "after",
      "\nExamples:\n  troupe keys add --dir keys --node worker-1 --key 'PUBLIC KEY'",
    )
    .action(({ dir, node, key = "", role, json }: NodeOptions) => {
      const checked = role === undefined ? undefined : checkedRoles(role);
      const change = new KeyFolder(dir).add({ node, key }, checked);
      tell(io, json, change, [`added a key of ${node}`]);
    });
}

function addRemove(keys: Command, io: CommandIo): void {
  ofNode(keys.command("remove"))
    .description("remove a node, or one of its keys, from the registry")
    .option("--key <public>", "only this key (default: all of the node)")
    .addHelpText(
      "after",
      "\nExamples:\n  troupe keys remove --dir keys --node worker-1\n" +
        "  troupe keys remove --dir keys --node worker-1 --key 'OLD KEY'",
    )
    .action(({ dir, node, key, json }: NodeOptions) => {
      const change = new KeyFolder(dir).remove(node, key);
      const count = change.keys.length === 1 ? "1 key" : `${change.keys.length} keys`;
      const left = change.file;
      const rest = left === undefined ? [] : [`its secret is of no use any more: rm ${left}`];
      tell(io, json, change, [`removed ${count} of ${node}`, ...rest]);
    });
}

function addRotate(keys: Command, io: CommandIo): void {
  ofNode(keys.command("rotate"))
    .description("change the key of a node")
    .option("--finish", "put the new pair to use, once all registries list it")
    .addHelpText("after", rotateHelp)
    .action(({ dir, node, finish, json }: NodeOptions) => {
      const folder = new KeyFolder(dir);
      if (finish !== true) {
        const change = folder.beginRotation(node);
        const next = `troupe keys rotate --dir ${dir} --node ${node} --finish`;
        tell(io, json, change, [
          `${node} has a second key, which it does not use yet`,
          `public  ${change.keys.join(" ")}`,
          `next    bring the registry to all machines, then ${next}`,
        ]);
        return;
      }
      const change = folder.finishRotation(node);
      const olds = folder.otherKeys(node).map((key) => {
        return `then    troupe keys remove --dir ${dir} --node ${node} --key '${key}'`;
      });
      const steps = [`next    start ${node} anew`, ...olds];
      tell(io, json, change, [`${keyFile(dir, node)} holds the new pair of ${node}`, ...steps]);
    });
}

const inFolder = (command: Command): Command =>
  command.option("--dir <folder>", "folder of the keys", "keys").option("--json", "print JSON");

const ofNode = (command: Command): Command =>
  addNeededOption(inFolder(command), "--node <name>", "name of the node, as in the topology");

function checkedRoles(given: readonly string[]): readonly string[] {
  const unknown = given.find((role) => !roles.includes(role));
  if (unknown === undefined) return [...new Set(given)];
  const detail = `there is no role ${JSON.stringify(unknown)}: use ${roles.join(", ")}`;
  throw new Failure("invalid", detail);
}

function tell(
  io: CommandIo,
  json: true | undefined,
  change: KeyChange,
  lines: readonly string[],
): void {
  if (json) io.out(`${JSON.stringify(change, null, 2)}\n`);
  else io.out(`${[...lines, `registry fingerprint  ${change.fingerprint}`].join("\n")}\n`);
}

function describeList({ registry, fingerprint, nodes }: ListedKeys): string {
  const rows = nodes.map(({ name, keys, roles: may, secret }) => [
    name,
    may.join(", ") || "any",
    secret,
    keys.join("  "),
  ]);
  const problems = nodes.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`problem: ${name}: ${problem}`],
  );
  const table = formatTable(["NODE", "ROLES", "SECRET", "PUBLIC KEYS"], rows);
  return [`${registry}, fingerprint ${fingerprint}`, "", table, ...problems].join("\n");
}
