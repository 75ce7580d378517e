#!/usr/bin/env node
// Starts the TypeScript of main.ts without a build, from any folder.
import "#runtime/host/typescript-loader.mjs";

await import("./main.ts");
