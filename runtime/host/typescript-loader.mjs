// Lets Node.js load TypeScript: `node --import #runtime/host/typescript-loader.mjs program.ts`, or imported
// at the top of a thread's entry. Files of this project and packages of hundreds of files are kept as they
// are loaded; the TypeScript of others, and all where nothing can be kept, comes through tsx.
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { compiledFolder } from "./compiled-sources.mjs";
import { awaitCommonJs } from "./foreign-typescript.mjs";
import { bundledPackages } from "./package-bundles.mjs";

const root = new URL("../../", import.meta.url);
const { imports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
process.setSourceMapsEnabled(true);
awaitCommonJs();
register("./module-hooks.mjs", import.meta.url, {
  data: {
    ...{ root: root.href, imports, bundles: bundledPackages(root), folder: compiledFolder(root) },
    tsconfig: fileURLToPath(new URL("tsconfig.json", root)),
  },
});
