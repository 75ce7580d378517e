// Runs a provider's command: its output goes to the log line by line, and it is killed when it takes too long.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { formerEndVariable } from "./former-end.ts";
import { within } from "./latch.ts";
import { LogLines } from "./log-lines.ts";

export interface ProviderCommand {
  readonly command: readonly string[];
  /** Absolute: where it runs. */
  readonly folder: string;
  readonly timeoutMs: number;
  line(text: string): void;
}

/** What a command leaves behind on purpose may hold its pipes open: so long is waited for its last words. */
const lastWordsMs = 250;
/** Of its last line in why it failed. */
const lastCharactersMax = 200;

/** Resolves with why it failed, and what it said last; with nothing when it exited with 0. */
export async function runProviderCommand(
  { command, folder, timeoutMs, line }: ProviderCommand,
  words: readonly string[],
): Promise<string | undefined> {
  const [program = "", ...args] = command;
  const child = spawn(program, [...args, ...words], {
    cwd: folder,
    env: ownEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let last = "";
  const tell = (text: string): void => {
    last = text.slice(0, lastCharactersMax);
    line(text);
  };
  readLines(child.stdout, tell);
  readLines(child.stderr, tell);
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const why = await endOf(child, { program, timeoutMs });
  await within(lastWordsMs, closed);
  child.stdout.destroy();
  child.stderr.destroy();
  return why === undefined || last === "" ? why : `${why}: ${last}`;
}

function endOf(
  child: ChildProcess,
  { program, timeoutMs }: { readonly program: string; readonly timeoutMs: number },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve(`${program} could not be started: ${error.message}`);
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (isLate) resolve(`it did not end within ${timeoutMs} ms`);
      else if (code === 0) resolve(undefined);
      else resolve(signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`);
    });
  });
}

/** What this process was told of its own predecessor holds for no other node. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { TROUPE_PREDECESSOR: _, [formerEndVariable]: __, ...others } = process.env;
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
