// Entry of a thread that runs seeds: teaches it to load TypeScript, as the main thread can already.
import "#runtime/host/typescript-loader.mjs";

const { serveSeeds } = await import("./seed-runs.ts");
serveSeeds();
