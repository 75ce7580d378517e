// Where a node's models lie: those that the topology names, then the folders of its repository. What is there
// and cannot be a model, or is to be loaded and not there, has a problem in the place of a folder.
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";

export interface ModelPlaces {
  readonly models: readonly { readonly name: string; readonly folder: string }[];
  /** Of a repository: each folder in it is a model of that name, too. Null: there is none. */
  readonly root: string | null;
  /** Of the repository only these are this node's. Default: all. */
  readonly only?: readonly string[];
  /** To be loaded at the start. */
  readonly load?: readonly string[];
}

export type ModelPlace =
  | { readonly kind: "folder"; readonly name: string; readonly folder: string }
  /** `missing`: it is to be loaded; `passed over`: it is there, and cannot be a model of this node. */
  | { readonly kind: "missing" | "passed over"; readonly name: string; readonly problem: string };

/** Models of one node. More in the repository: those last by name are left out. */
export const modelsFoundMax = 256;

/** As it can stand in a task and in the name of a file; a hidden folder is none. */
const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const namesToldMax = 8;

/** Fails only with `unavailable`, when the repository's own folder cannot be read. */
export async function placesOf(places: ModelPlaces): Promise<readonly ModelPlace[]> {
  const named = places.models
    .slice(0, modelsFoundMax)
    .map((model) => ({ kind: "folder", ...model }) as const);
  const names = new Set(named.map(({ name }) => name));
  const others = (await inRepository(places)).filter(({ name }) => !names.has(name));
  const present = [...named, ...others];
  const found = present.slice(0, modelsFoundMax);
  return [...found, ...leftOut(present.slice(modelsFoundMax)), ...missing(places, present)];
}

async function inRepository({ only, root }: ModelPlaces): Promise<readonly ModelPlace[]> {
  if (root === null) return [];
  const places: ModelPlace[] = [];
  for (const entry of await entriesOf(root)) {
    const { name } = entry;
    if (name.startsWith(".") || !(only?.includes(name) ?? true)) continue;
    const folder = join(root, name);
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(folder) : entry.isDirectory();
    if (!isFolder) continue;
    if (modelName.test(name)) places.push({ kind: "folder", name, folder });
    else places.push({ kind: "passed over", name, problem: odd });
  }
  return places;
}

async function entriesOf(root: string): Promise<readonly Dirent[]> {
  try {
    return (await readdir(root, { withFileTypes: true })).sort(byName);
  } catch (cause) {
    const seen = `the folder of the model repository cannot be read: ${Failure.of(cause).detail}`;
    throw new Failure("unavailable", seen, cause);
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

const odd =
  "a model's name has up to 63 letters, digits, dots, _ and -, and begins with a letter or digit: rename its folder";

/** A link that leads nowhere is nothing. */
const leadsToFolder = (link: string): Promise<boolean> =>
  stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );

const leftOut = (places: readonly ModelPlace[]): readonly ModelPlace[] =>
  places.slice(0, namesToldMax).map(({ name }) => ({
    kind: "passed over",
    name,
    problem: `a node has ${modelsFoundMax} models at most, and this is one more`,
  }));

function missing(
  { load = [], only, root }: ModelPlaces,
  present: readonly ModelPlace[],
): readonly ModelPlace[] {
  const names = present.map(({ name }) => name);
  const known = names.slice(0, namesToldMax).join(", ") || "none";
  const where = root === null ? "and the topology names no such model" : `and is not in ${root}`;
  const problem = `it is to be loaded, ${where}; there are: ${known}`;
  return [...new Set(load)]
    .filter((name) => !names.includes(name) && (only?.includes(name) ?? true))
    .map((name) => ({ kind: "missing", name, problem }));
}
