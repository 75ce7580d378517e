// How the former process of a node ended, from its launcher to the one that is started in its place.
import { Compile } from "typebox/compile";
import { FormerEnd, formerEndLengthMax } from "#protocols/tasks/node.ts";

/** Such variables are of one node's process, and of none that it starts. */
export const formerEndVariable = "TROUPE_FORMER_END";

const told = Compile(FormerEnd);

/** What the next process is told. */
export const formerEndText = ({ at, reason }: FormerEnd): string =>
  JSON.stringify({ at, reason: reason.slice(0, formerEndLengthMax) });

/** Undefined as well when it is no such thing: a node starts all the same. */
export function formerEndIn(env: NodeJS.ProcessEnv): FormerEnd | undefined {
  const text = env[formerEndVariable];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return told.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
