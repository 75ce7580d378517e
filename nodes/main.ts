// The executable `troupe`, loaded through tsx by troupe.mjs or by the launcher.
import { processIo } from "./cli/command-io.ts";
import { runCommandLine } from "./cli/command-line.ts";

// `troupe up FILE | head` closes the pipe early: the cluster goes on, its lines go nowhere.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

// Handles of a node that did not stop must not keep its process: the exit code is final.
process.exit(await runCommandLine(process.argv.slice(2), processIo));
