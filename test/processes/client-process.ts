// A process that takes part in a cluster, for tests: what it says, and how it ended.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Scope } from "./cluster-process.ts";

const script = fileURLToPath(new URL("node-client-child.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

export class ClientProcess {
  /** Its exit code; null when it was killed. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #lines: Readonly<Record<string, unknown>>[] = [];
  #errors = "";
  #heard: () => void = () => {};
  #isOver = false;

  constructor(scope: Scope, ...words: readonly string[]) {
    const child = spawn(
      process.execPath,
      ["--import", "#runtime/host/typescript-loader.mjs", script, ...words],
      { cwd: root },
    );
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#lines.push(JSON.parse(line));
      this.#heard();
    });
    child.stderr.on("data", (text) => {
      this.#errors += text;
    });
    this.exited = new Promise((resolve) => {
      child.once("close", (code) => {
        this.#isOver = true;
        this.#heard();
        resolve(code);
      });
    });
    scope.after(async () => {
      if (!this.#isOver) child.kill("SIGKILL");
      await this.exited;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first thing of that kind that it says. */
  async said(kind: string): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const line = this.#lines.find((said) => said["kind"] === kind);
      if (line) return line;
      if (this.#isOver) throw new Error(`it ended and never said ${kind}:\n${this.#errors}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
