// As many bare loops as the cluster has workers, each a process, all working at the same time.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Round } from "../harness.ts";
import type { BareKind, BareReport, BareStart } from "./bare-loop.ts";

const program = fileURLToPath(new URL("./bare-loop.ts", import.meta.url));

export class BareLoops {
  readonly #loops: readonly ChildProcess[];

  private constructor(loops: readonly ChildProcess[]) {
    this.#loops = loops;
  }

  static async start(count: number, start: BareStart): Promise<BareLoops> {
    const loops = Array.from({ length: count }, () =>
      fork(program, {
        execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
        serialization: "advanced",
        env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
      }),
    );
    const bare = new BareLoops(loops);
    await Promise.all(loops.map((loop) => told(loop, start)));
    return bare;
  }

  /** Each of the first `loops` does `count`; all at once. */
  async round(kind: BareKind, order: { loops: number; count: number }): Promise<Round> {
    const startedAt = performance.now();
    const reports = await Promise.all(
      this.#loops.slice(0, order.loops).map((loop) => told(loop, { kind, count: order.count })),
    );
    const elapsedMs = performance.now() - startedAt;
    const latenciesMs = reports.flatMap((report) => report.latenciesMs);
    return { n: latenciesMs.length, elapsedMs, latenciesMs };
  }

  stop(): void {
    for (const loop of this.#loops) loop.disconnect();
  }
}

function told(loop: ChildProcess, message: object): Promise<BareReport> {
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
