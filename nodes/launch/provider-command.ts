// Runs a provider's command: its output goes to the log line by line, and it is killed when it takes too long.
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { LogLines } from "./log-lines.ts";

export interface ProviderCommand {
  readonly command: readonly string[];
  /** Absolute: where it runs. */
  readonly folder: string;
  readonly timeoutMs: number;
  line(text: string): void;
}

/** Resolves with why it failed, in words; with nothing when it exited with 0. */
export function runProviderCommand(
  { command, folder, timeoutMs, line }: ProviderCommand,
  words: readonly string[],
): Promise<string | undefined> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, ...words], {
      cwd: folder,
      env: ownEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    // A process that is left behind on purpose may hold the pipes open, and must not be held by them.
    const settle = (reason: string | undefined): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(reason);
    };
    for (const stream of [child.stdout, child.stderr]) readLines(stream, line);
    child.on("error", (error) => settle(`${program} could not be started: ${error.message}`));
    child.on("exit", (code, signal) => {
      // What it wrote last is read first.
      setImmediate(() => {
        if (isLate) settle(`it did not end within ${timeoutMs} ms`);
        else if (code === 0) settle(undefined);
        else settle(signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`);
      });
    });
  });
}

/** What this process was told of its own predecessor holds for no other node. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { TROUPE_PREDECESSOR: _, ...others } = process.env;
  return others;
}

function readLines(stream: Readable, line: (text: string) => void): void {
  const lines = new LogLines();
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    for (const one of lines.push(text)) line(one);
  });
  stream.on("end", () => {
    for (const one of lines.end()) line(one);
  });
}
