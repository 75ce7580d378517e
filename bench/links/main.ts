// Messages between two processes on the loopback interface, beside other runtimes and beside sockets
// by hand: W5 tells, W6 asks, and asks beside large byte arrays.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Absence, ContestOutcome, Scale, SuiteOutcome } from "../contest.ts";
import { runInProcess } from "../core/trial-subject.ts";
import { compete } from "../harness.ts";
import { installedVersion, installPeers } from "../peers/installed-package.ts";
import { contenders, type Need, subjectOf } from "./entrants.ts";
import { ErlangPair } from "./erlang-pair.ts";
import { farProfileVariable } from "./far-process.ts";
import { natsServer } from "./nats-server.ts";
import { type LinkWorkload, workloads } from "./workloads.ts";

const packages = ["comedy", "moleculer", "nats"] as const;
const say = (line: string): void => console.error(line);

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const chosen = workloads.filter(({ title }) => title.includes(only));
  if (chosen.length === 0) {
    const titles = workloads.map(({ title }) => title).join("; ");
    throw new Failure("invalid", `no workload's title contains ${only}: ${titles}`);
  }
  const { missing, versions } = await peersThere();
  const pair = await ErlangPair.open().catch((error: unknown) => {
    missing.set("Erlang/OTP", reasonOf(error));
    return undefined;
  });
  try {
    const contests: ContestOutcome[] = [];
    const absent: Absence[] = [...missing].map(([peer, reason]) => ({ peer, reason }));
    for (const [index, workload] of chosen.entries()) {
      say(`${index + 1}/${chosen.length} ${workload.title}`);
      const outcome = await contest(workload, scale, { missing, pair });
      if ("reason" in outcome) absent.push(outcome);
      else contests.push(outcome);
    }
    if (contests.length === 0) {
      throw new Failure("unavailable", absent.map(({ reason }) => reason).join("; "));
    }
    return { packages: ["zeromq", "msgpackr"], versions, contests, absent };
  } finally {
    pair?.close();
  }
}

/** `target` is a file under contenders/ and a work: `troupe:stream`. Both processes are profiled. */
export async function profile(target: string, folder: string): Promise<string> {
  const [module = "", name = ""] = target.split(":");
  const workload = workloads.find(({ work }) => work === name);
  const known = new Set(workloads.flatMap(modulesOf));
  if (!workload || !known.has(module)) {
    const works = workloads.map(({ work }) => work).join(", ");
    throw new Failure(
      "invalid",
      `${target} is nothing to profile; use CONTENDER:WORK, one of ${[...known].join(", ")} and one of ${works}`,
    );
  }
  await peersThere();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${module}-${name.replaceAll(" ", "-")}.cpuprofile`);
  const farFile = file.replace(/\.cpuprofile$/, "-far.cpuprofile");
  rmSync(farFile, { force: true });
  process.env[farProfileVariable] = farFile;
  const order = { work: name, setting: { actors: 2 }, sizing: workload.sizing("full") };
  await runInProcess({ peer: module, variant: "", module, folder: contenders, order }, file);
  const isWritten = await appeared(farFile);
  return isWritten ? `${file} and ${farFile}` : file;
}

/** The other process writes when the first has ended; a thread or a foreign process writes nothing. */
async function appeared(file: string): Promise<boolean> {
  const endsAt = performance.now() + 3_000;
  while (!existsSync(file) && performance.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return existsSync(file);
}

const modulesOf = ({ ours, peers }: LinkWorkload): readonly string[] =>
  [ours, ...peers].flatMap((entrant) => (entrant.program === "node" ? [entrant.module] : []));

interface Field {
  readonly missing: ReadonlyMap<Need | "Erlang/OTP", string>;
  readonly pair: ErlangPair | undefined;
}

/** Which peers are missing, why, and the versions of the others. */
async function peersThere() {
  const failed = await installPeers(say);
  const missing = new Map<Need | "Erlang/OTP", string>();
  const versions: Record<string, string> = {};
  for (const name of packages) {
    const version = installedVersion(name);
    if (version === undefined) missing.set(name, failed ?? "not installed");
    else versions[name] = version;
  }
  const server = natsServer();
  if ("reason" in server) missing.set("nats-server", server.reason);
  else versions["nats-server"] = server.version;
  return { missing, versions };
}

/** Why there is no outcome, where there is none: the other workloads are run all the same. */
async function contest(
  workload: LinkWorkload,
  scale: Scale,
  { missing, pair }: Field,
): Promise<ContestOutcome | Absence> {
  const own = { work: workload.work, sizing: workload.sizing(scale) };
  const isThere = (needs: readonly Need[]): boolean => !needs.some((need) => missing.has(need));
  const peers = workload.peers
    .filter((entrant) => entrant.program === "erlang" || isThere(entrant.needs))
    .map((entrant) => subjectOf(entrant, own, pair))
    .filter((subject) => subject !== undefined);
  const present = new Set(peers.map(({ peer }) => peer));
  const ours = subjectOf(workload.ours, own, pair);
  if (!ours) return { peer: workload.title, reason: "nobody to measure" };
  try {
    return await compete({
      workload: workload.title,
      ours,
      peers,
      goals: workload.goals.filter((goal) => goal.as === "value" || present.has(goal.against)),
      rounds: scale === "full" ? 5 : 3,
      warmUps: "within rounds",
    });
  } catch (error) {
    say(`  not measured: ${reasonOf(error)}`);
    return { peer: workload.title, reason: reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
