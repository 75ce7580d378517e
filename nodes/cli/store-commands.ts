// `troupe store`: what is done to the file of a store from outside; and `troupe import`.
import type { Command } from "commander";
import { backupStore } from "#actors/store/sqlite/files/store-backup.ts";
import { checkStore } from "#actors/store/sqlite/files/store-check.ts";
import type { Progress } from "#actors/store/sqlite/files/store-file.ts";
import { type ImportedNodes, importSource } from "#actors/store/sqlite/files/store-import.ts";
import { restoreStore } from "#actors/store/sqlite/files/store-restore.ts";
import type { AddCommand } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { exitCodes } from "./exit-codes.ts";
import { formatBar, ProgressLine } from "./progress-line.ts";

const storeExamples = `
Examples:
  troupe store backup data/tasks.db backups/monday.db
  troupe store check data/tasks.db
  troupe store restore backups/monday.db data/tasks.db --replace`;

export const addStoreCommands: AddCommand = ({ program, io, exitWith }) => {
  const store = program
    .command("store")
    .description("copy, check and restore the file of a store")
    .addHelpText("after", storeExamples);
  addBackup(store, io);
  addCheck(store, { io, exitWith });
  addRestore(store, io);
};

export const addImportCommand: AddCommand = ({ program, io }) => {
  program
    .command("import")
    .description("bring the tasks and nodes of a database in the source schema into a store")
    .argument("<source>", "SQLite file with the table tasks, of which 23 columns are read")
    .argument("<store>", "file of the store, which is made when it is not there")
    .addHelpText("after", importHelp)
    .action(async (from: string, path: string) => {
      const result = await withBar(io, "importing", (progress) =>
        importSource({ from, path, nowMs: Date.now(), progress }),
      );
      io.out(`imported ${result.imported} tasks into ${path}; ${result.waiting} of them wait\n`);
      if (result.known > 0) io.out(`${result.known} tasks were there already, and stay so\n`);
      io.out(describeNodes(result.nodes));
    });
};

function describeNodes({ imported, known, tooMany, unnameable }: ImportedNodes): string {
  const lines = [
    ...(imported > 0 ? [`imported ${imported} nodes, which are offline until they register`] : []),
    ...(known > 0 ? [`${known} nodes were there already, and stay so`] : []),
    ...(tooMany > 0 ? [`${tooMany} nodes stay behind: as many are known as may be`] : []),
    ...(unnameable.length > 0
      ? [
          `${unnameable.length} nodes stay behind, as their names are none here: ${unnameable.slice(0, 5).join(", ")}`,
        ]
      : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const importHelp = `
All tasks and nodes come over in one commit, or none. A task that was running waits again. Times without a zone
are taken as UTC, timeouts as seconds; the model is the parameter "model", or else the task's type.
No store may run on the file meanwhile.

Examples:
  troupe import queue.db data/tasks.db`;

function addBackup(store: Command, io: CommandIo): void {
  store
    .command("backup")
    .description("copy a store into one file, also while it runs")
    .argument("<store>", "file of the store")
    .argument("<to>", "file that is made, with its SHA-256 beside it")
    .addHelpText("after", "\nExamples:\n  troupe store backup data/tasks.db backups/monday.db")
    .action(async (path: string, to: string) => {
      const backup = await withBar(io, "copying", (progress) =>
        backupStore({ path, to, nowMs: Date.now(), progress }),
      );
      io.out(`${backup.path}  ${backup.bytes} bytes  SHA-256 ${backup.sha256}\n`);
    });
}

function addCheck(
  store: Command,
  { io, exitWith }: { readonly io: CommandIo; exitWith(code: number): void },
): void {
  store
    .command("check")
    .description("look through a store for damage, also while it runs")
    .argument("<store>", "file of the store")
    .addHelpText("after", checkHelp)
    .action((path: string) => {
      const problems = checkStore(path, Date.now());
      if (problems.length === 0) {
        io.out(`ok  ${path}\n`);
        return;
      }
      for (const problem of problems) io.out(`${problem}\n`);
      io.err(`${path} has ${problems.length} problems; restore a backup\n`);
      exitWith(exitCodes.failed);
    });
}

const checkHelp = `
Reads all of the file. Prints "ok", or up to 100 problems, a line each; then the exit code is 1.

Examples:
  troupe store check data/tasks.db`;

function addRestore(store: Command, io: CommandIo): void {
  store
    .command("restore")
    .description("put a backup in the place of a store that does not run")
    .argument("<backup>", "file that troupe store backup made")
    .argument("<store>", "file of the store")
    .option("--replace", "keep the store that is there aside, and take its place")
    .addHelpText("after", restoreHelp)
    .action(async (from: string, path: string, { replace }: { readonly replace?: true }) => {
      const former = replace ? "keep" : "refuse";
      const restored = await withBar(io, "restoring", (progress) =>
        restoreStore({ from, path, former, nowMs: Date.now(), progress }),
      );
      io.out(`${restored.path} is the store of ${from}, with the new epoch ${restored.epoch}\n`);
      if (restored.former !== null) io.out(`the former one is ${restored.former}\n`);
    });
}

const restoreHelp = `
Leases that the former store has given are refused: their tasks are run again.

Examples:
  troupe store restore backups/monday.db data/tasks.db
  troupe store restore backups/monday.db data/tasks.db --replace`;

/** What the work makes, with a bar on the terminal as long as it goes on. */
async function withBar<T>(
  io: CommandIo,
  what: string,
  work: (progress: Progress) => T | Promise<T>,
): Promise<T> {
  const line = new ProgressLine(io);
  try {
    return await work((done, all) => line.show(`${what} ${formatBar(done, all)}`));
  } finally {
    line.show("");
  }
}
