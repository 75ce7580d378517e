// `troupe` as a process of its own, which a test can interrupt, kill and measure.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Scope } from "./cluster-process.ts";

const troupe = fileURLToPath(new URL("../../nodes/troupe.mjs", import.meta.url));

export class CommandProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exited: Promise<unknown>;
  #heard: () => void = () => {};
  errText = "";

  /** It is killed when the test is over. */
  constructor(scope: Scope, words: readonly string[]) {
    this.#child = spawn(process.execPath, [troupe, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exited = once(this.#child, "close").then(() => this.#heard());
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#lines.push(line);
        this.#heard();
      });
    }
    this.#child.stderr?.on("data", (text) => {
      this.errText += String(text);
    });
    scope.after(async () => {
      await this.kill("SIGKILL");
    });
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves when so many lines have been printed, or the process has ended. */
  async printed(lines: number): Promise<void> {
    while (this.#lines.length < lines && this.#isRunning) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Sends the signal and waits for the end; answers the exit code. */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#isRunning) this.#child.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  /** Bytes of memory that it has in use; undefined when it has ended. */
  async residentBytes(): Promise<number | undefined> {
    const text = await readFile(`/proc/${this.#child.pid}/status`, "utf8").catch(() => "");
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}
