// What paths and names an envelope may bear: the same rule for who writes one and who reads it.
import { Failure } from "./failure.ts";
import { linkLimits } from "./link-limits.ts";

export const isActorPath = (value: unknown): value is string =>
  typeof value === "string" && value.startsWith("/") && value.length <= linkLimits.pathLengthMax;

/** The name of a method or of a protocol. */
export const isName = (text: string): boolean =>
  text.length > 0 && text.length <= linkLimits.methodLengthMax;

/** The path itself. Fails with `invalid` when no receiver would accept it. */
export function sendablePath(path: string): string {
  if (isActorPath(path)) return path;
  throw new Failure("invalid", `an actor's path begins with "/": ${String(path).slice(0, 80)}`);
}

/** The name itself. Fails with `invalid` when no receiver would accept it. */
export function sendableName(name: string): string {
  if (isName(name)) return name;
  const size = linkLimits.methodLengthMax;
  throw new Failure("invalid", `a method has 1 to ${size} characters: ${name.slice(0, 80)}`);
}
