// What it costs a system to be observed: the same messages without an observer, with one that does
// nothing, and with what a node has switched on. Every round is a process of its own.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bound, ContestOutcome, Round, Scale, Subject, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";

const script = fileURLToPath(new URL("observed-round.ts", import.meta.url));
const scales = {
  full: { rounds: 5, messages: 400_000 },
  quick: { rounds: 3, messages: 40_000 },
} as const;

/** Share of the speed without an observer that is to be kept at least. */
const goals: Readonly<Record<string, Bound>> = {
  silent: { atLeast: 0.6 },
  standard: { atLeast: 0.15 },
};

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const contests: ContestOutcome[] = [];
  for (const work of ["tell", "ask"]) {
    for (const variant of ["silent", "standard", "spans of none", "spans of all"]) {
      const workload = `${work}, observer: ${variant}`;
      if (!workload.includes(only)) continue;
      contests.push(await contest(workload, { work, variant, scale }));
    }
  }
  return { packages: [], contests, absent: [] };
}

function contest(
  workload: string,
  {
    work,
    variant,
    scale,
  }: { readonly work: string; readonly variant: string; readonly scale: Scale },
): Promise<ContestOutcome> {
  const { rounds, messages } = scales[scale];
  const subject = (peer: string, observer: string): Subject => ({
    peer,
    variant: `observer: ${observer}`,
    round: () => roundOf(observer, work, messages),
  });
  return compete({
    workload,
    ours: subject("troupe", variant),
    peers: [subject("unobserved", "none")],
    goals: [
      {
        against: "unobserved",
        measure: "perSecond",
        as: "ratio",
        bound: goals[variant] ?? { atLeast: 0 },
      },
    ],
    rounds,
    warmUps: "within rounds",
  });
}

async function roundOf(observer: string, work: string, messages: number): Promise<Round> {
  const args = [
    "--import",
    "#runtime/host/typescript-loader.mjs",
    script,
    observer,
    work,
    String(messages),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
