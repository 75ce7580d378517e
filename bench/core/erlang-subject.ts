// Erlang/OTP as a subject of the harness: each round is a new virtual machine. Its program is compiled
// once, into a temporary folder.
import { type ChildProcess, execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Failure } from "#protocols/failure.ts";
import type { Round, Subject } from "../contest.ts";
import type { Sizing } from "./trial.ts";

const run = promisify(execFile);
const source = fileURLToPath(new URL("./contenders/erlang/contender.erl", import.meta.url));
const roundMsMax = 180_000;
const processesMax = 2_000_000;

export interface ErlangEntry {
  readonly peer: string;
  readonly variant: string;
  /** A clause of `work` in contender.erl. */
  readonly work: string;
  readonly actors: number;
  readonly sizing: Sizing;
  /** Threads that run processes. */
  readonly schedulers: number;
}

export class Erlang {
  readonly version: string;
  readonly #folder: string;
  /** The virtual machine that runs now. */
  #child: ChildProcess | undefined;
  /** Also when the run is interrupted. */
  readonly #leaveNothing = (): void => {
    this.#child?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };

  private constructor(version: string, folder: string) {
    this.version = version;
    this.#folder = folder;
    process.once("exit", this.#leaveNothing);
  }

  /** Fails with `unavailable` when there is no Erlang, or it does not take our program. */
  static async open(): Promise<Erlang> {
    const folder = mkdtempSync(join(tmpdir(), "bench-erlang-"));
    try {
      const release = "io:put_chars(erlang:system_info(otp_release)), halt().";
      const { stdout } = await run("erl", ["-noshell", "-noinput", "-eval", release]);
      await run("erlc", ["-o", folder, source]);
      return new Erlang(`OTP ${stdout.trim()}`, folder);
    } catch (error) {
      rmSync(folder, { recursive: true });
      const seen = error instanceof Error ? error.message : String(error);
      throw new Failure(
        "unavailable",
        `no Erlang (${seen}): install erlang-base to compare with it`,
      );
    }
  }

  subject(entry: ErlangEntry): Subject {
    return { peer: entry.peer, variant: entry.variant, round: () => this.#round(entry) };
  }

  close(): void {
    process.off("exit", this.#leaveNothing);
    this.#leaveNothing();
  }

  async #round({ actors, peer, schedulers, sizing, work }: ErlangEntry): Promise<Round> {
    const running = run(
      "erl",
      [
        ...["+S", `${schedulers}:${schedulers}`, "+P", String(processesMax)],
        ...["-noshell", "-noinput", "-pa", this.#folder, "-run", "contender", "main", "-extra"],
        ...[work, String(actors), ...sizingWords(sizing)],
      ],
      { timeout: roundMsMax, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 },
    );
    this.#child = running.child;
    const { stdout } = await running;
    this.#child = undefined;
    try {
      return JSON.parse(stdout);
    } catch {
      throw new Failure("invalid", `${peer}, ${work}: no figures but ${stdout.slice(0, 400)}`);
    }
  }
}

function sizingWords(sizing: Sizing): readonly string[] {
  switch (sizing.kind) {
    case "rate":
      return ["rate", ...[sizing.ms, sizing.grain, sizing.countMax].map(String)];
    case "population":
      return ["population", ...[sizing.count, sizing.warmUp].map(String)];
    case "duration":
      throw new Failure("invalid", "the Erlang program has no work of a given duration");
    default:
      return sizing satisfies never;
  }
}
