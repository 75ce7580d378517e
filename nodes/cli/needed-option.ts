// An option that a command cannot do without. It is asked for when all that was written has been understood:
// of `--maks m.png` it is to be said that there is no such option, not that --mask is missing.
import type { Command } from "commander";

/** Like `requiredOption`; `flags` begin with the long name: `--mask <file>`. */
export function addNeededOption(command: Command, flags: string, description: string): Command {
  command.option(flags, `${description} (needed)`);
  const option = command.options.at(-1);
  return command.hook("preAction", (_, acting) => {
    if (option === undefined || acting.getOptionValue(option.attributeName()) !== undefined) return;
    acting.error(`error: required option '${flags}' not specified`);
  });
}
