// Entry of the directory's thread: teaches it to load TypeScript, as the main thread can already.
import "#runtime/host/typescript-loader.mjs";

await import("./directory-thread.ts");
