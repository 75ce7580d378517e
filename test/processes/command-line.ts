// `troupe`, within the test's own process.
import { runCommandLine } from "../../nodes/cli/command-line.ts";

/** What `troupe` says to the words. */
export async function commandLine(...words: readonly string[]) {
  let said = "";
  const write = (text: string): void => {
    said += text;
  };
  const io = { out: write, err: write, isTerminal: false, columns: 100 };
  const exitCode = await runCommandLine(words, io);
  return { exitCode, said };
}
