// Which test files a run is to have. Node 20's test runner takes no patterns, so they are listed.
import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

export interface TestChoice {
  readonly coverage: "with-coverage" | "without-coverage";
  /** From the root of the tree. */
  readonly files: readonly string[];
}

export type Choice = TestChoice | { readonly help: string };

export const usage = `npm test -- [--coverage] [path ...]

  path            a test file, or a folder whose *.test.ts files are to run; default: test
  --coverage      measure what of the product is covered (a fifth slower); writes coverage/
  --help          this text`;

/** What the arguments ask for; `help` when they ask for it or cannot be met. */
export function testChoice(root: string, args: readonly string[]): Choice {
  const options = args.filter((arg) => arg.startsWith("-"));
  if (options.includes("--help")) return { help: usage };
  const unknown = options.find((option) => option !== "--coverage");
  if (unknown !== undefined) return { help: `There is no option ${unknown}.\n\n${usage}` };
  const paths = args.filter((arg) => !arg.startsWith("-"));
  const files = new Set<string>();
  for (const path of paths.length === 0 ? ["test"] : paths) {
    const found = testFilesIn(root, path);
    if (found.length === 0) return { help: `There is no *.test.ts file at ${path}.\n\n${usage}` };
    for (const file of found) files.add(file);
  }
  const coverage = options.length > 0 ? "with-coverage" : "without-coverage";
  return { coverage, files: [...files].sort() };
}

function testFilesIn(root: string, path: string): readonly string[] {
  const full = resolve(root, path);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const names = stat.isDirectory()
    ? readdirSync(full, { recursive: true, encoding: "utf8" }).map((name) => join(full, name))
    : [full];
  return names
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => relative(root, name).split(sep).join("/"));
}
