// TypeScript files of this project as JavaScript, kept in `node_modules/.cache`: one compiled file for each
// source, which ends with the digest of what it was made of. Another text of the source takes its place.
//
// Functions keep their own names without help: nothing wraps them as they are made.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";

const options = {
  ...{ loader: "ts", format: "esm", target: `node${process.versions.node}` },
  ...{ sourcemap: "inline", sourcesContent: false },
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
};
const digestSize = 40;

/**
 * Where compiled sources are kept; undefined where nothing can be.
 *
 * @param {URL} root The folder of this project.
 * @returns {string | undefined}
 */
export function compiledFolder(root) {
  const modules = fileURLToPath(new URL("node_modules/", root));
  try {
    const { version } = JSON.parse(readFileSync(join(modules, "esbuild", "package.json"), "utf8"));
    const folder = join(modules, ".cache", "troupe", `compiled-${version}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    return undefined;
  }
}

/**
 * A source as JavaScript, with its source map inside.
 *
 * @param {string} path Of the source.
 * @param {string} folder Where compiled sources are kept.
 * @returns {Promise<Buffer | string>} Rejects where it cannot be read or is no TypeScript.
 */
export async function compiledSource(path, folder) {
  const text = readFileSync(path);
  const kept = join(folder, `${digestOf(path)}.js`);
  const digest = digestOf(JSON.stringify(options), path, text);
  const compiled = readIfAny(kept);
  if (compiled?.toString("latin1", compiled.length - digestSize) === digest) return compiled;
  const { transform } = createRequire(import.meta.url)("esbuild");
  const { code } = await transform(text, { ...options, sourcefile: path });
  const made = `${code}//${digest}`;
  keep(kept, made);
  return made;
}

function digestOf(...parts) {
  const hash = createHash("sha1");
  // With their sizes, so that two lists of parts cannot read the same.
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest("hex");
}

function readIfAny(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Whole or not at all: several processes may do so at the same time. */
function keep(path, text) {
  const unfinished = `${path}.${process.pid}.${threadId}`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } catch {
    // A full disk, or one that is read only: it is compiled again the next time.
    rmSync(unfinished, { force: true });
  }
}
