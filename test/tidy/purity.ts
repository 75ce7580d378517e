// Finds clock, chance, timers, process and console in files that must take them from their ports.
import ts from "typescript";
import { type Finding, lineOf, type SourceFile, syntaxOf } from "./source-files.ts";

const pureFolders = ["protocols/", "runtime/core/", "runtime/patterns/", "runtime/cluster/"];

const remedies: Readonly<Record<string, string>> = {
  setTimeout: "set a timer through the Timers port or this.ctx.after",
  setInterval: "set a timer through the Timers port or this.ctx.every",
  setImmediate: "run it through the Executor port",
  randomUUID: "draw from the Random port, or let the caller give the id",
  performance: "ask the Clock port or this.ctx.now()",
  process: "let the caller give what you need of the process",
  console: "write through the Log port or this.ctx.log",
};

const isActorClass = (file: SourceFile): boolean =>
  file.path.startsWith("actors/") && /\bextends\s+Actor\b/.test(file.text);

export const mustBePure = (file: SourceFile): boolean =>
  pureFolders.some((folder) => file.path.startsWith(folder)) || isActorClass(file);

export function impurities(file: SourceFile): readonly Finding[] {
  const found: Finding[] = [];
  for (const node of syntaxOf(file)) {
    const problem = problemOf(node, file);
    if (problem !== undefined) found.push({ path: file.path, line: lineOf(node), problem });
  }
  return found.sort((a, b) => a.line - b.line);
}

function problemOf(node: ts.Node, file: SourceFile): string | undefined {
  if (ts.isImportDeclaration(node)) return problemOfImport(node, file);
  if (!ts.isIdentifier(node)) return undefined;
  if (node.text === "Date") return isDateAllowed(node) ? undefined : "Date: ask the Clock port";
  if (isMemberOf(node, "Math", "random")) return "Math.random: draw from the Random port";
  const remedy = Object.hasOwn(remedies, node.text) ? remedies[node.text] : undefined;
  if (remedy === undefined || !isUse(node)) return undefined;
  return `${node.text}: ${remedy}`;
}

// Folders are held to this by dependency-cruiser; an actor class stands among files that may.
function problemOfImport(node: ts.ImportDeclaration, file: SourceFile): string | undefined {
  if (!isActorClass(file) || node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) {
    return undefined;
  }
  const from = ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : "";
  return from.startsWith("node:") ? `${from}: put it behind a port in another file` : undefined;
}

const dateMembers = ["UTC", "parse", "prototype"];

/** `new Date(ms)`, `Date.UTC`, `Date.parse` and the type depend on nothing but their arguments. */
function isDateAllowed(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return (parent.arguments?.length ?? 0) > 0;
  if (ts.isTypeReferenceNode(parent)) return true;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name === node || dateMembers.includes(parent.name.text);
  }
  return (
    ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  );
}

function isMemberOf(node: ts.Identifier, object: string, member: string): boolean {
  const { parent } = node;
  return (
    node.text === member &&
    ts.isPropertyAccessExpression(parent) &&
    parent.name === node &&
    ts.isIdentifier(parent.expression) &&
    parent.expression.text === object
  );
}

/** Not a mere name: of a declared member, a property key, or a member of something else. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return (
      ts.isIdentifier(parent.expression) &&
      ["globalThis", "crypto"].includes(parent.expression.text)
    );
  }
  if (ts.isTypeQueryNode(parent) || ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent)) {
    return false;
  }
  const isDeclaredName =
    (ts.isPropertyAssignment(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isPropertySignature(parent)) &&
    parent.name === node;
  return !isDeclaredName;
}
