// Entry of a process that runs seeds for another one.
import "#runtime/host/typescript-loader.mjs";

const { serveSeeds } = await import("./seed-runs.ts");
serveSeeds();
