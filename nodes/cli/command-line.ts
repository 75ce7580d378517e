// The command line `troupe`: finds the command, runs it, and turns what went wrong into a text and
// an exit code.
import { Command, CommanderError } from "commander";
import { Failure } from "#protocols/failure.ts";
import { addCapabilityCommand } from "./capability-command.ts";
import { addCheckCommand } from "./check-command.ts";
import type { AddCommand } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { addConfirmationCommands } from "./confirmation-commands.ts";
import { addControlCommand } from "./control-command.ts";
import { addDrainCommand } from "./drain-command.ts";
import { addErrorsCommand, addRetryCommand } from "./errors-command.ts";
import { exitCodes, exitCodesHelp } from "./exit-codes.ts";
import { addHistoryCommand } from "./history-command.ts";
import { addInpaintCommand } from "./inpaint-command.ts";
import { addKeysCommand } from "./keys-command.ts";
import { addModelsCommand } from "./models-command.ts";
import { addMoveCommand } from "./move-command.ts";
import { addNodeCommands } from "./node-commands.ts";
import { addPluginCommand } from "./plugin-command.ts";
import { productVersion } from "./product-version.ts";
import { addRemoveTextCommand } from "./remove-text-command.ts";
import { addRunNodeCommand } from "./run-node-command.ts";
import { addSchemaCommand } from "./schema-command.ts";
import { addSkillsCommand } from "./skills-command.ts";
import { addStatisticsCommand } from "./statistics-command.ts";
import { addStatusCommand } from "./status-command.ts";
import { addImportCommand, addStoreCommands } from "./store-commands.ts";
import { addSubmitCommand } from "./submit-command.ts";
import { addUpCommand } from "./up-command.ts";

const commands: readonly AddCommand[] = [
  addUpCommand,
  addRunNodeCommand,
  addCheckCommand,
  addCapabilityCommand,
  addInpaintCommand,
  addPluginCommand,
  addRemoveTextCommand,
  addSubmitCommand,
  addStatusCommand,
  addStatisticsCommand,
  addMoveCommand,
  addDrainCommand,
  addControlCommand,
  addHistoryCommand,
  addNodeCommands,
  addModelsCommand,
  addSkillsCommand,
  addErrorsCommand,
  addRetryCommand,
  addConfirmationCommands,
  addKeysCommand,
  addStoreCommands,
  addImportCommand,
  addSchemaCommand,
];

const examples = `
Examples:
  troupe up examples/topologies/local.yaml            start a cluster on this machine
  troupe up examples/topologies/local.yaml --sample   and repair a photograph with it
  troupe inpaint photograph.jpg --mask mask.png       repair one through a running cluster
  troupe help up                                      all about one command
${exitCodesHelp}`;

/** Resolves with the exit code; `words` are the arguments behind `troupe`. */
export async function runCommandLine(words: readonly string[], io: CommandIo): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = new Command("troupe")
    .description("An actor runtime, and a cluster on it that repairs pictures.")
    .version(productVersion(), "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError("(troupe --help tells more)")
    .addHelpText("after", examples);
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  for (const add of commands) add({ program, io, exitWith });
  try {
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (cause) {
    if (cause instanceof CommanderError) {
      return cause.exitCode === 0 ? exitCodes.done : exitCodes.refused;
    }
    return complain(Failure.of(cause), io);
  }
}

function complain(failure: Failure, io: CommandIo): number {
  io.err(`troupe: ${failure.detail}\n`);
  // A bug: whoever reports it needs to say where.
  if (failure.code === "internal") {
    const origin = failure.cause instanceof Error ? failure.cause : failure;
    io.err(`${origin.stack}\n`);
  }
  return failure.code === "topology_invalid" ? exitCodes.refused : exitCodes.failed;
}
