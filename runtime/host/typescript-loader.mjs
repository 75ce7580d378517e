// Lets Node.js load TypeScript: `node --import #runtime/host/typescript-loader.mjs program.ts`, or imported
// at the top of a thread's entry. Files of this project and packages of hundreds of files are kept as they
// are loaded; the TypeScript of others, and all where nothing can be kept, comes through tsx.
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { register as registerCommonJs } from "tsx/cjs/api";
import { register as registerModules } from "tsx/esm/api";
import { compiledFolder } from "./compiled-sources.mjs";
import { bundledPackages } from "./package-bundles.mjs";

const root = new URL("../../", import.meta.url);
const { imports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
registerCommonJs();
registerModules({ tsconfig: fileURLToPath(new URL("tsconfig.json", root)) });
// Asked before tsx, since it is registered after it.
register("./module-hooks.mjs", import.meta.url, {
  data: { root: root.href, imports, bundles: bundledPackages(root), folder: compiledFolder(root) },
});
