// The files that the tidiness tests look at, read once and parsed on demand.
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";

export const productFolders = ["protocols", "runtime", "actors", "nodes"] as const;
export const allFolders = [...productFolders, "bench", "examples", "test"] as const;

/** The browser page is another platform with rules of its own. */
const pageFolder = "nodes/page/";

export interface SourceFile {
  /** From the root of the tree, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What is wrong in a file, and what to do about it. */
export interface Finding {
  readonly path: string;
  /** Counts from 1. */
  readonly line: number;
  readonly problem: string;
}

/** All TypeScript and module files of these folders; a folder that is not there has none. */
export function sourceFiles(root: string, folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => codePaths(root, folder))
    .map((path) => ({
      path,
      text: readFileSync(join(root, path), "utf8"),
    }));
}

function codePaths(root: string, folder: string): readonly string[] {
  return entriesOf(join(root, folder))
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .filter((path) => /\.(ts|mjs)$/.test(path) && !path.startsWith(pageFolder))
    .filter((path) => !path.includes("/node_modules/"))
    .sort();
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw cause;
  }
}

/** Every node of the file's syntax tree, parents before children. */
export function* syntaxOf(file: SourceFile): Generator<ts.Node> {
  const root = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const open: ts.Node[] = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    open.push(...node.getChildren().filter((child) => child.kind !== ts.SyntaxKind.JSDoc));
  }
}

export const lineOf = (node: ts.Node): number =>
  node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

export const printed = (findings: readonly Finding[]): string =>
  findings.map(({ path, line, problem }) => `${path}:${line} ${problem}`).join("\n");
