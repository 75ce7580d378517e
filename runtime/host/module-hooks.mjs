// The hooks by which Node.js finds what the loader keeps (https://nodejs.org/api/module.html#hooks). They
// are asked for each import of each module, 3,000 times in the start of a node: what names a file of this
// project is answered from its text, and only the rest is looked for as Node.js and tsx do.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compiledSource } from "./compiled-sources.mjs";
import { needsTsx, tsxHooks } from "./foreign-typescript.mjs";

let root = "";
let folder;
let tsconfig = "";
let bundles = {};
/** Folders by the prefix that the project's own imports have: `#runtime/`. */
let folders = [];
/** TypeScript files of the project, as URLs. */
const ours = new Set();

export function initialize(data) {
  ({ root, folder, bundles, tsconfig } = data);
  folders = Object.entries(data.imports)
    .filter(([name, place]) => name.endsWith("/*") && place.endsWith("/*"))
    .map(([name, place]) => [name.slice(0, -1), new URL(place.slice(0, -1), root).href]);
}

export function resolve(specifier, context, next) {
  if (specifier.startsWith("node:")) return found(specifier, "builtin");
  const bundle = bundles[specifier];
  if (bundle !== undefined) return found(bundle, "module");
  const url =
    folder && specifier.endsWith(".ts") ? placeOf(specifier, context.parentURL) : undefined;
  if (url !== undefined && isOurs(url)) return found(url, "module");
  const importer = ours.has(context.parentURL) ? undefined : context.parentURL;
  if (!needsTsx(specifier, importer)) return next(specifier, context);
  return tsxHooks(tsconfig).then((tsx) => tsx.resolve(specifier, context, next));
}

export async function load(url, context, next) {
  if (ours.has(url)) {
    const source = await compiledSource(fileURLToPath(url), folder);
    return { format: "module", source, shortCircuit: true };
  }
  return needsTsx(url) ? (await tsxHooks(tsconfig)).load(url, context, next) : next(url, context);
}

const found = (url, format) => ({ url, format, shortCircuit: true });

/** Where a specifier of a module leads by its text alone, if it does. */
function placeOf(specifier, parent) {
  if (specifier.startsWith("file:")) return specifier;
  if (!parent?.startsWith(root)) return undefined;
  if (specifier.startsWith("./") || specifier.startsWith("../")) {
    return new URL(specifier, parent).href;
  }
  const mapped = folders.find(([prefix]) => specifier.startsWith(prefix));
  return mapped && new URL(specifier.slice(mapped[0].length), mapped[1]).href;
}

function isOurs(url) {
  if (ours.has(url)) return true;
  const isInside = url.startsWith(root) && !url.startsWith("node_modules/", root.length);
  if (!isInside || !existsSync(fileURLToPath(url))) return false;
  ours.add(url);
  return true;
}
