// A YAML text with a way back: from a key path to line and column. Hides the `yaml` package.
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";

/** Lines and columns count from 1. */
export interface SourceSpot {
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1, within the line. */
  readonly length: number;
}

export interface LocatedProblem extends Problem {
  readonly spot: SourceSpot;
}

export interface YamlSource {
  readonly text: string;
  /** Undefined when the text has problems. */
  readonly value: unknown;
  readonly problems: readonly LocatedProblem[];
  locate(path: KeyPath, at: Problem["at"]): SourceSpot;
}

const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "remove one of the two",
  MULTIPLE_DOCS: "keep one document: remove the line ---",
  BLOCK_AS_IMPLICIT_KEY: "put the value in quotes, or begin a new line",
  MISSING_CHAR: "close what was opened: quotes, brackets or braces",
  TAG_RESOLVE_FAILED: "remove the tag",
  RESOURCE_EXHAUSTION: "nest less deeply",
};

export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const spotOf = (from: number, to: number): SourceSpot => spotIn(text, lines, from, to);
  const complaints = [...document.errors, ...document.warnings];
  const problems = complaints.map(
    (complaint): LocatedProblem => ({
      path: pathTo(document, complaint.pos[0]),
      at: "value",
      message: lowerFirst(complaint.message),
      remedy: remedies[complaint.code] ?? "look at the indentation, quotes and brackets around it",
      spot: spotOf(complaint.pos[0], complaint.pos[1]),
    }),
  );
  if (problems.length === 0) problems.push(...unwelcome(document, spotOf));
  return {
    text,
    value: problems.length === 0 ? document.toJS() : undefined,
    problems,
    locate: (path, at) => spotOf(...rangeOf(document, path, at)),
  };
}

type SpotOf = (from: number, to: number) => SourceSpot;

/** What YAML allows and a topology does not: aliases (they may be circular), keys that are no text. */
function unwelcome(document: Document, spotOf: SpotOf): LocatedProblem[] {
  const found: LocatedProblem[] = [];
  const refuse = (from: number, to: number, message: string, remedy: string): void => {
    const path = pathTo(document, from);
    found.push({ path, at: "value", message, remedy, spot: spotOf(from, to) });
  };
  visit(document, {
    Alias: (_, node) => {
      const [from, to] = node.range ?? [0, 1];
      refuse(from, to, `refers to *${node.source}`, "write the value out instead of the alias");
    },
    Pair: (_, pair) => {
      const key = pair.key;
      if (isAlias(key)) return;
      if (isScalar(key) && typeof key.value === "string") return;
      const [from, to] = isScalar(key) || isMap(key) || isSeq(key) ? (key.range ?? [0, 1]) : [0, 1];
      refuse(from, to, "is a key that is not a text", "write a name as key");
    },
  });
  return found;
}

/** Offsets of what stands at the path; of its nearest existing parent when it is missing. */
function rangeOf(document: Document, path: KeyPath, at: Problem["at"]): [number, number] {
  let node: unknown = document.contents;
  let key: unknown;
  for (const part of path) {
    const pair = isMap(node) ? pairOf(node.items, part) : undefined;
    const item = isSeq(node) && typeof part === "number" ? node.items[part] : pair?.value;
    if (pair === undefined && item === undefined) break;
    key = pair?.key;
    node = item ?? pair?.key;
  }
  const target = at === "key" && key !== undefined ? key : node;
  if (!isScalar(target) && !isMap(target) && !isSeq(target)) return [0, 1];
  const [from, to] = target.range ?? [0, 1];
  return [from, to];
}

const pairOf = (items: readonly unknown[], part: string | number): Pair | undefined =>
  items.filter(isPair).find((pair) => isScalar(pair.key) && pair.key.value === part);

/** Keys on the way to the innermost node that holds the offset. */
function pathTo(document: Document, offset: number): KeyPath {
  const path: (string | number)[] = [];
  let node: unknown = document.contents;
  for (;;) {
    const step = isMap(node) ? stepInMap(node.items, offset) : stepInList(node, offset);
    if (step === undefined) return path;
    path.push(step.part);
    node = step.node;
  }
}

interface Step {
  readonly part: string | number;
  readonly node: unknown;
}

function stepInMap(items: readonly unknown[], offset: number): Step | undefined {
  const pair = items.filter(isPair).findLast((item) => startOf(item.key) <= offset);
  if (pair === undefined || !isScalar(pair.key)) return undefined;
  return { part: String(pair.key.value), node: startOf(pair.value) <= offset ? pair.value : null };
}

function stepInList(node: unknown, offset: number): Step | undefined {
  if (!isSeq(node)) return undefined;
  const part = node.items.findLastIndex((item) => startOf(item) <= offset);
  return part < 0 ? undefined : { part, node: node.items[part] };
}

function startOf(node: unknown): number {
  const hasRange = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return hasRange ? (node.range?.[0] ?? Infinity) : Infinity;
}

function spotIn(text: string, lines: LineCounter, from: number, to: number): SourceSpot {
  // An error at the end of the text is shown behind its last character.
  const { line, col } = lines.linePos(Math.min(from, text.length));
  const lineEnd = text.indexOf("\n", from);
  const end = Math.min(to, lineEnd < 0 ? text.length : lineEnd);
  return { line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(1, end - from) };
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
