// Entry of an actor's thread: teaches it to load TypeScript, as the main thread can already.
import { register } from "tsx/esm/api";

register();
await import("./thread-main.ts");
