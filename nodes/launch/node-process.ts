// One operating-system process of a node: its pipes cut into lines, its IPC channel checked, its
// end told once.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { isNodeReport, type NodeOrder, type NodeReport } from "./launch-protocol.ts";
import { LogLines } from "./log-lines.ts";

/** A command that starts a node; its process gets an IPC channel. */
export interface NodeCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the launcher's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessEvents {
  report(report: NodeReport): void;
  line(line: string): void;
  /** Once; nothing comes after it. `reason` reads "exited with code 1", "was killed by SIGKILL". */
  exited(reason: string): void;
}

/** Pipes may stay open in a node's own children; so long is waited for the last words of a node. */
const lastWordsMs = 250;

export class NodeProcess {
  readonly #child: ChildProcess;
  readonly #events: ProcessEvents;
  #hasEnded = false;

  constructor(command: NodeCommand, events: ProcessEvents) {
    this.#events = events;
    this.#child = spawn(command.file, command.args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...command.env },
    });
    this.#read(this.#child.stdout);
    this.#read(this.#child.stderr);
    this.#child.on("message", (message) => this.#hear(message));
    this.#child.on("error", (error) => this.#fail(error));
    this.#child.on("exit", (code, signal) => {
      const reason = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
      const timer = setTimeout(() => this.#end(reason), lastWordsMs);
      this.#child.on("close", () => {
        clearTimeout(timer);
        this.#end(reason);
      });
    });
  }

  /** Undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Does nothing once the channel is closed: then the end of the process is told soon. */
  order(order: NodeOrder): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** At once; the node can do nothing about it. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #hear(message: unknown): void {
    if (this.#hasEnded) return;
    if (isNodeReport(message)) this.#events.report(message);
    else this.#events.line(`the launcher dropped a message it does not know: ${shown(message)}`);
  }

  #fail(error: Error): void {
    // Without a pid the process never was, so no exit will be told.
    if (this.#child.pid === undefined) this.#end(`could not be started: ${error.message}`);
    else this.#tell([`the launcher failed to reach the process: ${error.message}`]);
  }

  #read(stream: Readable | null): void {
    const lines = new LogLines();
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => this.#tell(lines.push(text)));
    stream?.on("end", () => this.#tell(lines.end()));
  }

  #tell(lines: readonly string[]): void {
    if (this.#hasEnded) return;
    for (const line of lines) this.#events.line(line);
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // What the node's own children still hold must not keep the launcher alive.
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#events.exited(reason);
  }
}

const shown = (message: unknown): string => JSON.stringify(message)?.slice(0, 200) ?? "nothing";
