// Entry of the writer thread: teaches it to load TypeScript, as the main thread can already.
import "#runtime/host/typescript-loader.mjs";

await import("./writer-thread.ts");
