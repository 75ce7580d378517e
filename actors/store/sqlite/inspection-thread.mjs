// Entry of the inspecting thread: teaches it to load TypeScript, as the main thread can already.
import { register } from "tsx/esm/api";

register();
await import("./inspection-thread.ts");
