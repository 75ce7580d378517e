// Which models a cluster serves, beside those that its nodes are configured with: a line for each version and
// state, with its nodes, and why one is not ready. Pure.
import type { ModelsListing } from "./models-listing.ts";
import { formatTable } from "./table.ts";

type Entry = ModelsListing["models"][number];

const reasonCharactersMax = 100;
const nodesMax = 4;

/** `configured`: names by node. Those of which no version is known get a line, too. */
export function servedModels(
  { models, own = [], silent }: ModelsListing,
  configured: ReadonlyMap<string, readonly string[]>,
): string {
  const alike = new Map<string, Entry[]>();
  for (const model of models) {
    const { name, version, state, reason, isDefault } = model;
    const key = JSON.stringify([name, version, state, isDefault, brief(reason)]);
    alike.set(key, [...(alike.get(key) ?? []), model]);
  }
  const rows = [...alike.values()].map(rowOf);
  const owned = ownRows(own);
  const named = new Set([...models.map(({ name }) => name), ...owned.map(([name]) => name)]);
  const unknown = [...configured.keys()].filter((name) => !named.has(name));
  const others = unknown.map((name) => [
    ...[name, "-", "UNKNOWN", `(${nodesText(configured.get(name) ?? [])})`],
    "no node tells of it",
  ]);
  const all = [...rows, ...owned, ...others].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const table = all.length === 0 ? "no model is known" : formatTable(heads, all);
  const notes = silent.map(({ node, failure }) => `models of ${node}: ${brief(failure.detail)}`);
  return [table, ...notes].join("\n");
}

/** A line for each model that workers of one's own serve. */
export function ownRows(own: NonNullable<ModelsListing["own"]>): readonly (readonly string[])[] {
  const names = [...new Set(own.flatMap(({ models }) => models))];
  return names.map((name) => {
    const nodes = own.filter(({ models }) => models.includes(name)).map(({ node }) => node);
    return [name, "-", "READY", nodesText(nodes), "a worker of one's own serves it"];
  });
}

const heads = ["MODEL", "VERSION", "STATE", "SERVED BY", "REASON"];

function rowOf(entries: readonly Entry[]): readonly string[] {
  const [first] = entries;
  if (first === undefined) return [];
  const { name, version, state, isDefault, reason } = first;
  const nodes = nodesText(entries.map(({ node }) => node));
  return [
    isDefault ? `${name} *` : name,
    version === null ? "-" : String(version),
    ...[state, state === "READY" ? nodes : `(${nodes})`, brief(reason)],
  ];
}

function nodesText(nodes: readonly string[]): string {
  const rest = nodes.length - nodesMax;
  const told = nodes.slice(0, nodesMax).join(", ");
  return rest > 0 ? `${told} and ${rest} more` : told;
}

function brief(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > reasonCharactersMax ? `${line.slice(0, reasonCharactersMax - 1)}…` : line;
}
