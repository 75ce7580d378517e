// A contender on Node.js as a subject of the harness: each round is a new process, started with the
// same flags for all.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import { heapFlags } from "#runtime/host/heap-flags.ts";
import type { Round, Subject } from "../contest.ts";
import type { TrialOrder } from "./trial.ts";
import type { TrialAnswer } from "./trial-process.ts";

/** Those of a node, for all alike. */
export const trialFlags = [
  ...heapFlags("node"),
  "--import",
  "#runtime/host/typescript-loader.mjs",
  "--expose-gc",
  "--max-old-space-size=6144",
];
/** A round that takes longer hangs. */
const roundMsMax = 180_000;

const program = fileURLToPath(new URL("./trial-process.ts", import.meta.url));
const contenders = fileURLToPath(new URL("./contenders", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

export interface TrialEntry {
  readonly peer: string;
  readonly variant: string;
  /** A file under contenders/ without its ending. */
  readonly module: string;
  /** Another suite's folder of contenders; default: that of the core. */
  readonly folder?: string;
  readonly order: TrialOrder;
}

export const trialSubject = (entry: TrialEntry): Subject => ({
  peer: entry.peer,
  variant: entry.variant,
  round: () => runInProcess(entry),
});

/** A round, whose V8 profile may be written. Fails with `invalid` when the trial did. */
export async function runInProcess(entry: TrialEntry, profileFile?: string): Promise<Round> {
  const module = join(entry.folder ?? contenders, `${entry.module}.ts`);
  const profile = profileFile === undefined ? [] : [profileFile];
  const child = fork(program, [module, JSON.stringify(entry.order), ...profile], {
    cwd: root,
    execArgv: [...trialFlags],
    serialization: "advanced",
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const answer = await answered(child, `${entry.peer}, ${entry.order.work}`);
  if (answer.kind === "done") return answer.round;
  throw new Failure("invalid", `${entry.peer}, ${entry.order.work}: ${answer.reason}`);
}

function answered(child: ChildProcess, about: string): Promise<TrialAnswer> {
  return new Promise((resolve, reject) => {
    let answer: TrialAnswer | undefined;
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Failure("timeout", `${about}: no answer within ${roundMsMax / 1000} s`));
    }, roundMsMax);
    child.on("message", (message: TrialAnswer) => {
      answer = message;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (answer) resolve(answer);
      else reject(new Failure("invalid", `${about}: ended with ${signal ?? code}, no answer`));
    });
  });
}
