// Entry of the journal's thread: teaches it to load TypeScript, as the main thread can already.
import "#runtime/host/typescript-loader.mjs";

await import("./journal-thread.ts");
