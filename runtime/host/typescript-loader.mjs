// Lets Node.js load TypeScript: `node --import #runtime/host/typescript-loader.mjs program.ts`, or imported
// at the top of a thread's entry. Beside that, packages of hundreds of files are loaded as a few.
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { register as registerCommonJs } from "tsx/cjs/api";
import { register as registerModules } from "tsx/esm/api";
import { bundledPackages } from "./package-bundles.mjs";

const root = new URL("../../", import.meta.url);
const bundles = bundledPackages(root);
registerCommonJs();
registerModules({ tsconfig: fileURLToPath(new URL("tsconfig.json", root)) });
register("./package-bundles.mjs", import.meta.url, { data: bundles });
