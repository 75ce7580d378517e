// How loudly to speak of an actor's end: one that was stopped was meant to end.
import type { Exit } from "#protocols/envelope.ts";
import type { LogLevel } from "./ports.ts";

export const levelOf = (exit: Exit): LogLevel => (exit.kind === "stopped" ? "info" : "warn");
