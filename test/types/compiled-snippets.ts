// Compiles small pieces of code against the tree, without writing them to disk, and says what the
// compiler has to say about each.
import { join } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "../..");

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent({ ...config, include: [], files: ["x.ts"] }, ts.sys, root)
    .options;
}

/** For each snippet the compiler's messages; each stands in a module of its own behind `prelude`. */
export function complaintsAbout(
  prelude: string,
  snippets: readonly string[],
): readonly (readonly string[])[] {
  const options = compilerOptions();
  const texts = new Map(
    snippets.map((snippet, index) => [
      join(root, `test/types/snippet-${index}.ts`),
      `${prelude}\n${snippet}\nexport {};\n`,
    ]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = texts.get(path);
    if (text === undefined) return getSourceFile(path, languageVersion, ...rest);
    return ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts.keys()].map((path) => {
    const file = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  });
}
