// The engine's operating system process and the pipe to it. Knows frames, not requests.
//
// The process gets an empty folder of its own as working directory (a model file may not read
// anything there), next to no environment, and no channel but its three standard streams.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import { heapFlags } from "#runtime/host/heap-flags.ts";
import { FrameReader, frameParts, replyBounds, requestBounds } from "./engine-frames.ts";
import { type EngineOrder, type EngineReport, readReport } from "./engine-messages.ts";

export interface EngineChildEvents {
  report(report: EngineReport, payload: Uint8Array): void;
  /** What arrives is no report; nothing more is read. */
  broken(why: Failure): void;
}

const loader = import.meta.resolve("#runtime/host/typescript-loader.mjs");
const mainFile = fileURLToPath(new URL("./engine/engine-main.ts", import.meta.url));
const lastWordsCharactersMax = 2048;

/**
 * ONNX Runtime's Linux build otherwise reports each model load to its maker, and leaves a device id,
 * a database and logs in the home and temporary folders.
 */
const silence = { ORT_DISABLE_TELEMETRY: "1" };

function environment(): Record<string, string> {
  const { TMPDIR } = process.env;
  return TMPDIR === undefined ? silence : { ...silence, TMPDIR };
}

export class EngineChild {
  /** `engine_lost`, when the process has been reaped and its folder removed. Never rejects. */
  readonly gone: Promise<Failure>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #folder: string;
  readonly #events: EngineChildEvents;
  #lastWords = "";

  private constructor(events: EngineChildEvents) {
    this.#events = events;
    this.#folder = mkdtempSync(join(tmpdir(), "troupe-engine-"));
    const args = [...heapFlags("engine"), "--import", loader, mainFile];
    this.#process = spawn(process.execPath, args, {
      cwd: this.#folder,
      env: environment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.gone = this.#watch();
  }

  /**
   * Starts the process; that it could not be started is told by `gone`. Throws `engine_lost` when it
   * cannot be given a folder.
   */
  static spawn(events: EngineChildEvents): EngineChild {
    try {
      return new EngineChild(events);
    } catch (cause) {
      throw Failure.of(cause, "engine_lost");
    }
  }

  /** 0 when the process could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Payloads are not copied: leave them unchanged until the engine has answered. */
  send(order: EngineOrder, payloads: readonly Uint8Array[] = []): void {
    const parts = frameParts(order, payloads, requestBounds);
    const { stdin } = this.#process;
    if (!stdin?.writable) return;
    stdin.cork();
    for (const part of parts) stdin.write(part);
    stdin.uncork();
  }

  /** Asks the process to end when its current work is done. */
  leave(): void {
    this.#process.stdin?.end();
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async #watch(): Promise<Failure> {
    const ending = await this.#ended();
    const words = this.#lastWords.trim();
    const detail = `${ending}${words === "" ? "" : `; it last said: ${words}`}`;
    try {
      await rm(this.#folder, { recursive: true, force: true });
    } catch (cause) {
      return new Failure("engine_lost", `${detail}; ${this.#folder} could not be removed`, cause);
    }
    return new Failure("engine_lost", detail);
  }

  #ended(): Promise<string> {
    const child = this.#process;
    return new Promise((resolve) => {
      child.on("error", (cause) => {
        // A process that was started says with `close` how it ended.
        if (child.pid === undefined) resolve(`the engine could not be started: ${cause.message}`);
      });
      if (child.pid === undefined) return;
      child.on("close", (code, signal) => {
        const how = signal === null ? `exit code ${code}` : signal;
        resolve(`engine process ${child.pid} ended by ${how}`);
      });
      this.#readFrames(child);
      // A write to a process that just died: its end is reported by `close`.
      child.stdin.on("error", () => child.stdin.destroy());
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        this.#lastWords = (this.#lastWords + text).slice(-lastWordsCharactersMax);
      });
    });
  }

  #readFrames(child: ChildProcessWithoutNullStreams): void {
    const reader = new FrameReader(replyBounds);
    let isBroken = false;
    child.stdout.on("data", (piece: Buffer) => {
      if (isBroken) return;
      try {
        for (const { header, payload } of reader.push(piece)) {
          this.#events.report(readReport(header), payload);
        }
      } catch (cause) {
        isBroken = true;
        this.#events.broken(Failure.of(cause));
      }
    });
  }
}
