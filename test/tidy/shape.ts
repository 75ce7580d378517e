// Finds files that are too long, names that say nothing or stand twice, and types that were silenced.
import { posix } from "node:path";
import ts from "typescript";
import { type Finding, lineOf, type SourceFile, syntaxOf } from "./source-files.ts";

export const linesMax = 300;

const bagName = /^(utils?|helpers?|common|misc|base|types|shared|stuff)\.(ts|mjs)$/;

export function tooLong(file: SourceFile): readonly Finding[] {
  const lines = file.text.split("\n").length - (file.text.endsWith("\n") ? 1 : 0);
  if (lines <= linesMax) return [];
  const problem = `${lines} lines, at most ${linesMax}: which second concept is in it?`;
  return [{ path: file.path, line: linesMax, problem }];
}

export function badNames(files: readonly SourceFile[]): readonly Finding[] {
  const first = new Map<string, string>();
  const found: Finding[] = [];
  for (const { path } of files) {
    const name = posix.basename(path);
    const earlier = first.get(name);
    first.set(name, earlier ?? path);
    if (bagName.test(name)) {
      found.push({ path, line: 1, problem: "names no concept: call it what it holds" });
    }
    if (earlier !== undefined && name !== "index.ts") {
      found.push({ path, line: 1, problem: `the name stands at ${earlier} already` });
    }
  }
  return found;
}

/** `any`, `as` and the comments that turn the compiler off. */
export function silencedTypes(file: SourceFile): readonly Finding[] {
  const lines = file.text.split("\n");
  const isExcused = (line: number): boolean =>
    lines[line - 2]?.includes("biome-ignore lint/suspicious/noExplicitAny") ?? false;
  const mayAssert = /^protocols\/(codec|schema)\.ts$/.test(file.path);
  const found: Finding[] = [];
  for (const node of syntaxOf(file)) {
    const line = lineOf(node);
    const add = (problem: string): number => found.push({ path: file.path, line, problem });
    if (node.kind === ts.SyntaxKind.AnyKeyword && !isExcused(line)) {
      add("any: use unknown and check it, or say in a biome-ignore why nothing else fits");
    }
    if (isAssertion(node) && !mayAssert && !isExcused(line)) {
      add("as: check the value instead; only codec.ts and schema.ts may assert");
    }
  }
  for (const [index, text] of lines.entries()) {
    if (!/^\s*(\/\/|\/\*)\s*@ts-(ignore|nocheck)/.test(text)) continue;
    found.push({ path: file.path, line: index + 1, problem: "the compiler is turned off here" });
  }
  return found.sort((a, b) => a.line - b.line);
}

function isAssertion(node: ts.Node): boolean {
  if (ts.isTypeAssertionExpression(node)) return true;
  return ts.isAsExpression(node) && node.type.getText() !== "const";
}
