// A command that does something by itself and has others below it takes a misspelt one for a word too many.
import type { Command } from "commander";
import { nearestWord } from "#protocols/outside/spelling.ts";

/** Of `command`, which lets words through that it does not know: ends it by the first, with the nearest one. */
export function refuseUnknownWord(command: Command): void {
  const [word] = command.args;
  if (word === undefined) return;
  const known = command.commands.map((one) => one.name());
  const nearest = nearestWord(word, known);
  const remedy =
    nearest === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${nearest}?`;
  command.error(`error: unknown command '${word}'\n(${remedy})`);
}
