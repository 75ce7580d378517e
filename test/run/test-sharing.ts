// Which test files may run in one process. Starting a process and loading the runtime takes half a second of
// a core, ten times what most tests of pure parts take. Who can reach no process, thread, socket, foreign code
// or clock, and sets up nothing around its tests, cannot tell whether it is alone.
//
// That is read from the files each time, from what they import and all that this imports: a test that begins
// to start a process thereby leaves its group.
import { readFileSync } from "node:fs";
import { posix, resolve } from "node:path";

/** What a file that shares its process may load, at whatever depth, beside files of this project. */
const harmless =
  /^(node:(test|assert(\/strict)?|util|crypto|zlib|path|url|os|fs(\/promises)?|events|stream(\/promises)?|async_hooks)|typebox(\/[a-z]+)?|fast-check|msgpackr|yaml)$/;

/** What of a test or of what it shares with others shows that its process, its clock or its tests' order matter. */
const telling =
  /\bprocess\.\w|\bglobalThis\b|\bmock\b|\bperformance\.now\b|\bDate\.now\b|\bset(Timeout|Interval)\b|^(before|after|beforeEach|afterEach)\(|^(const .* = )?await\b/m;

/** Purer by rules of its own; what it has of processes it has from packages. */
const product = /^(protocols|runtime|actors|nodes)\//;

const imports =
  /^\s*(?:import|export)\b(?!\s+type\b)[^;'"`]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*([^)]*)\)/gm;

/** Answers whether a test file, by its path from the root, may share a process; reads each file once. */
export function sharing(root: string): (file: string) => boolean {
  const known = new Map<string, LoadedFile>();
  const loaded = (file: string): LoadedFile => {
    const one = known.get(file) ?? loadedFile(root, file);
    known.set(file, one);
    return one;
  };
  return (file) => {
    const reached = new Set([file]);
    for (const path of reached) {
      const { isHarmless, imported } = loaded(path);
      if (!isHarmless) return false;
      for (const next of imported) reached.add(next);
    }
    return true;
  };
}

interface LoadedFile {
  /** Of itself and of the packages that it imports. */
  readonly isHarmless: boolean;
  /** Files of this project, from the root. */
  readonly imported: readonly string[];
}

function loadedFile(root: string, file: string): LoadedFile {
  const text = textIfAny(resolve(root, file));
  if (text === undefined) return { isHarmless: false, imported: [] };
  const names = importsOf(text);
  const packages = names.filter((name) => pathOf(name, file) === undefined);
  const tells = !product.test(file) && telling.test(text);
  return {
    isHarmless: !tells && packages.every((name) => harmless.test(name)),
    imported: names.flatMap((name) => pathOf(name, file) ?? []),
  };
}

function textIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // What is not there, or is no file, may be anything.
    return undefined;
  }
}

/** What a text imports when it runs; types are not there then. */
const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(imports)].map(
    // What is imported by a name that only the run knows may be anything.
    ([, from, alone, late]) => from ?? alone ?? /^"([^"]+)"$/.exec(late?.trim() ?? "")?.[1] ?? "?",
  );

/** From the root; undefined for packages and parts of Node.js. */
function pathOf(name: string, importer: string): string | undefined {
  if (name.startsWith("#")) return name.slice(1);
  return name.startsWith(".") ? posix.join(posix.dirname(importer), name) : undefined;
}
