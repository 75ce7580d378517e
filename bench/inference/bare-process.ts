// A bare loop in a process of its own, which waits until it is told to work.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { heapFlags } from "#runtime/host/heap-flags.ts";
import type { Round } from "../contest.ts";
import type { BareOrder, BareReport, BareStart } from "./bare-order.ts";

const program = fileURLToPath(new URL("./bare-loop.ts", import.meta.url));

export class BareProcess {
  readonly #loop: ChildProcess;

  private constructor(loop: ChildProcess) {
    this.#loop = loop;
  }

  /** Resolves when its model is loaded. */
  static async start(start: BareStart): Promise<BareProcess> {
    const loop = fork(program, {
      execArgv: [...heapFlags("engine"), "--import", "#runtime/host/typescript-loader.mjs"],
      serialization: "advanced",
      env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    });
    const bare = new BareProcess(loop);
    await bare.#told(start);
    return bare;
  }

  async round(order: BareOrder): Promise<Round> {
    const startedAt = performance.now();
    const { latenciesMs } = await this.#told(order);
    const elapsedMs = performance.now() - startedAt;
    return { n: order.count, elapsedMs, ...(latenciesMs.length === 0 ? {} : { latenciesMs }) };
  }

  stop(): void {
    if (this.#loop.connected) this.#loop.disconnect();
  }

  #told(message: BareStart | BareOrder): Promise<BareReport> {
    const loop = this.#loop;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(new Error(`a bare loop ended with exit code ${code}`));
      loop.once("exit", ended);
      loop.once("message", (report: BareReport) => {
        loop.off("exit", ended);
        resolve(report);
      });
      loop.send(message);
    });
  }
}
