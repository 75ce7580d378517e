// Two Erlang nodes on this machine, connected by distribution, as a subject of the harness. They find
// each other by port, so that no name server is started that would outlive them.
import { type ChildProcess, execFile, type PromiseWithChild, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Failure } from "#protocols/failure.ts";
import { freePort } from "../../test/sockets/free-port.ts";
import type { Round, Subject } from "../contest.ts";
import type { Sizing } from "../core/trial.ts";

const run = promisify(execFile);
const sourceOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const sources = [
  sourceOf("../core/contenders/erlang/contender.erl"),
  sourceOf("./contenders/erlang/link_contender.erl"),
];
const roundMsMax = 120_000;
const farNode = "far@127.0.0.1";

export interface ErlangWork {
  readonly peer: string;
  readonly variant: string;
  /** A clause of `work` in link_contender.erl. */
  readonly work: string;
  readonly sizing: Sizing;
}

export class ErlangPair {
  readonly #folder: string;
  readonly #living = new Set<ChildProcess>();
  /** Also when the run is interrupted. */
  readonly #leaveNothing = (): void => {
    for (const child of this.#living) child.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };

  private constructor(folder: string) {
    this.#folder = folder;
    process.once("exit", this.#leaveNothing);
  }

  /** Fails with `unavailable` when there is no Erlang, or it does not take our programs. */
  static async open(): Promise<ErlangPair> {
    const folder = mkdtempSync(join(tmpdir(), "bench-erlang-links-"));
    try {
      await run("erlc", ["-o", folder, ...sources]);
      return new ErlangPair(folder);
    } catch (error) {
      rmSync(folder, { recursive: true });
      const seen = error instanceof Error ? error.message : String(error);
      throw new Failure("unavailable", `no Erlang (${seen}): apt-get install erlang-base`);
    }
  }

  subject(work: ErlangWork): Subject {
    return { peer: work.peer, variant: work.variant, round: () => this.#round(work) };
  }

  close(): void {
    process.off("exit", this.#leaveNothing);
    this.#leaveNothing();
  }

  async #round({ peer, sizing, work }: ErlangWork): Promise<Round> {
    if (sizing.kind !== "rate") throw new Failure("invalid", `${peer} does no ${sizing.kind}`);
    const port = String(await freePort());
    const cookie = randomUUID();
    const far = this.#started([...this.#flags("far", port, cookie), "far"]);
    try {
      await ready(far);
      const amount = [sizing.ms, sizing.grain, sizing.countMax].map(String);
      const { child, result } = this.#near(
        [...this.#flags("near", port, cookie), "near"],
        [farNode, work, "rate", ...amount],
      );
      const { stdout } = await result.finally(() => this.#living.delete(child));
      return roundIn(stdout, `${peer}, ${work}`);
    } finally {
      far.kill("SIGKILL");
      this.#living.delete(far);
    }
  }

  /** The near node listens to nobody; the far one on its port of the loopback interface only. */
  #flags(name: "near" | "far", port: string, cookie: string): readonly string[] {
    return [
      ...["-name", `${name}@127.0.0.1`, "-setcookie", cookie, "-hidden"],
      ...["-start_epmd", "false", "-erl_epmd_port", port],
      ...(name === "near" ? ["-dist_listen", "false"] : []),
      ...["-kernel", "inet_dist_use_interface", "{127,0,0,1}", "-kernel", "dist_nodelay", "true"],
      ...["+S", "1:1", "-noshell", "-noinput", "-pa", this.#folder, "-run", "link_contender"],
    ];
  }

  #near(flags: readonly string[], words: readonly string[]) {
    const result: PromiseWithChild<{ stdout: string }> = run(
      "erl",
      [...flags, "-extra", ...words],
      {
        ...{ timeout: roundMsMax, killSignal: "SIGKILL", maxBuffer: 256 * 1024 * 1024 },
        env: this.#environment(),
      },
    );
    this.#living.add(result.child);
    return { child: result.child, result };
  }

  #started(flags: readonly string[]): ChildProcess {
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const child = spawn("erl", flags, { stdio: [...stdio], env: this.#environment() });
    this.#living.add(child);
    return child;
  }

  /** Erlang writes a cookie into the home of whoever starts it: that is our folder. */
  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: this.#folder };
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (data) => {
      said += data;
      if (said.includes("ready")) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Failure("unavailable", `Erlang's far node ended with ${code}: ${said}`));
    });
  });
}

function roundIn(text: string, about: string): Round {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("invalid", `${about}: no figures but ${text.slice(0, 400)}`);
  }
}
