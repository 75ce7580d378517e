// typebox comes as some 700 files, each of which takes Node.js a millisecond to load: two fifths of the
// time in which a process starts. So it is bundled, once, into `node_modules/.cache`, and loaded from there. Where
// nothing can be written there, it is loaded as it comes.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { threadId } from "node:worker_threads";

const packages = ["typebox"];

/**
 * The URL to load instead, by specifier.
 *
 * @param {URL} root The folder of this project.
 * @returns {Record<string, string>}
 */
export function bundledPackages(root) {
  const modules = fileURLToPath(new URL("node_modules/", root));
  return Object.fromEntries(packages.flatMap((name) => bundleOf(name, modules)));
}

function bundleOf(name, modules) {
  try {
    const home = homeOf(name);
    const { exports, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    const folder = join(modules, ".cache", "troupe", `${name}-${version}`);
    const entries = Object.entries(exports).map(([path, { import: file }]) => ({
      specifier: join(name, path),
      output: path === "." ? "index" : path.slice(2),
      file: join(home, file),
    }));
    if (!existsSync(folder)) bundle(entries, folder);
    return entries.map(({ specifier, output }) => [
      specifier,
      pathToFileURL(join(folder, `${output}.mjs`)).href,
    ]);
  } catch {
    return [];
  }
}

/** Of an installed package: what is above its main file and has its name. */
function homeOf(name) {
  const main = createRequire(import.meta.url).resolve(name);
  const end = main.lastIndexOf(join("node_modules", name)) + join("node_modules", name).length;
  return main.slice(0, end);
}

/** Whole or not at all: several processes may do so at the same time. */
function bundle(entries, folder) {
  const unfinished = `${folder}.${process.pid}.${threadId}`;
  const { buildSync } = createRequire(import.meta.url)("esbuild");
  try {
    mkdirSync(unfinished, { recursive: true });
    buildSync({
      entryPoints: Object.fromEntries(entries.map(({ output, file }) => [output, file])),
      ...{ bundle: true, splitting: true, format: "esm", platform: "node", logLevel: "silent" },
      ...{ outdir: unfinished, outExtension: { ".js": ".mjs" } },
    });
    renameSync(unfinished, folder);
  } catch (cause) {
    // Another process was faster.
    if (!existsSync(folder)) throw cause;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
