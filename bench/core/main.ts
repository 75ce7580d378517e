// The core beside its peers and beside its limit: W1 to W4, restarts, fairness and simulated time.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Absence, ContestOutcome, Scale, Subject, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";
import { installedVersion, installPeers } from "../peers/installed-package.ts";
import { actorTsFile, actorTsVariable } from "./actor-ts-file.ts";
import { type Entrant, subjectOf } from "./entrants.ts";
import { Erlang } from "./erlang-subject.ts";
import { runInProcess } from "./trial-subject.ts";
import type { Workload } from "./workload.ts";
import { ask, pingPong } from "./workloads/conversations.ts";
import { spawn, spawnMany } from "./workloads/crowd.ts";
import { simulatedEvents, simulatedTime } from "./workloads/simulation.ts";
import { fairness, lateness, restart } from "./workloads/steadiness.ts";
import { observedTell, tell, unobservedTell } from "./workloads/tell.ts";
import {
  fanIn,
  ring,
  scattered,
  scatteredOverFewer,
  tenAmongMany,
} from "./workloads/topologies.ts";

const workloads: readonly Workload[] = [
  ...[tell, observedTell, unobservedTell, ask, pingPong, spawn, spawnMany, ring, fanIn],
  ...[...scatteredOverFewer, scattered, tenAmongMany, restart, lateness, fairness],
  ...[simulatedEvents, simulatedTime],
];
/** What a profile can be of. */
const modules: ReadonlySet<string> = new Set(
  workloads
    .flatMap(({ ours, peers }) => [ours, ...peers])
    .flatMap((entrant) => (entrant.program === "node" ? [entrant.module] : [])),
);
const packages = ["nact", "comedy", "xstate"] as const;

const say = (line: string): void => console.error(line);

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const chosen = workloads.filter(({ title }) => title.includes(only));
  if (chosen.length === 0) {
    const titles = workloads.map(({ title }) => title).join("; ");
    throw new Failure("invalid", `no workload's title contains ${only}: ${titles}`);
  }
  const field = await Field.open();
  try {
    const contests: ContestOutcome[] = [];
    const absent: Absence[] = [...field.absent];
    for (const [index, workload] of chosen.entries()) {
      say(`${index + 1}/${chosen.length} ${workload.title}`);
      absent.push(...(workload.absent ?? []));
      const outcome = await field.contest(workload, scale);
      if ("reason" in outcome) absent.push(outcome);
      else contests.push(outcome);
    }
    if (contests.length > 0) return { packages: [], versions: field.versions, contests, absent };
    throw new Failure("unavailable", absent.map(({ reason }) => reason).join("; "));
  } finally {
    field.close();
  }
}

/** `target` is a file under contenders/ and a work: `troupe:tell`. */
export async function profile(target: string, folder: string): Promise<string> {
  const [module = "", name = ""] = target.split(":");
  const workload = workloads.find(({ work }) => work === name);
  if (!workload) {
    const names = [...new Set(workloads.map(({ work }) => work))].join(", ");
    throw new Failure("invalid", `${target} names no work; use CONTENDER:WORK, one of ${names}`);
  }
  if (!modules.has(module)) {
    const known = [...modules].join(", ");
    throw new Failure("invalid", `there is no contender ${module}, only ${known}`);
  }
  const missing = await installPeers(say);
  if (missing !== undefined) say(missing);
  const file = join(folder, `${module}-${name.replaceAll(" ", "-")}.cpuprofile`);
  mkdirSync(folder, { recursive: true });
  const order = {
    work: workload.work,
    setting: { actors: workload.actors },
    sizing: workload.sizing("full"),
  };
  await runInProcess({ peer: module, variant: "", module, order }, file);
  return file;
}

/** All who are there to compete with. */
class Field {
  readonly versions: Readonly<Record<string, string>>;
  readonly absent: readonly Absence[];
  readonly #erlang: Erlang | undefined;

  private constructor(erlang: Erlang | undefined, absent: readonly Absence[]) {
    this.#erlang = erlang;
    this.absent = absent;
    const installed = packages.map((name) => [name, installedVersion(name)]);
    this.versions = Object.fromEntries([
      ...installed.filter(([, version]) => version !== undefined),
      ...(erlang ? [["Erlang", erlang.version]] : []),
    ]);
  }

  static async open(): Promise<Field> {
    const failed = await installPeers(say);
    const absent: Absence[] = packages
      .filter((name) => installedVersion(name) === undefined)
      .map((peer) => ({ peer, reason: failed ?? "not installed" }));
    if (actorTsFile() === undefined) {
      const reason = `on no registry; name the index.js of a built checkout in ${actorTsVariable}`;
      absent.push({ peer: "actor-ts", reason });
    }
    const erlang = await Erlang.open().catch((error: unknown) => {
      absent.push({ peer: "Erlang/OTP", reason: reasonOf(error) });
      return undefined;
    });
    return new Field(erlang, absent);
  }

  /** Why there is no outcome, where there is none: the other workloads are run all the same. */
  async contest(workload: Workload, scale: Scale): Promise<ContestOutcome | Absence> {
    const { actors, goals, ours, title, work } = workload;
    const own = { work, actors, sizing: workload.sizing(scale) };
    const subjects = [ours, ...workload.peers].map((entrant) => this.#subject(entrant, own));
    const [subject, ...peers] = subjects.filter((known) => known !== undefined);
    if (!subject) return { peer: title, reason: "nobody to measure" };
    const present = new Set(peers.map(({ peer }) => peer));
    try {
      return await compete({
        workload: title,
        ours: subject,
        peers,
        goals: goals.filter((goal) => goal.as === "value" || present.has(goal.against)),
        rounds: scale === "full" ? 5 : 3,
        warmUps: "within rounds",
      });
    } catch (error) {
      say(`  not measured: ${reasonOf(error)}`);
      return { peer: title, reason: reasonOf(error) };
    }
  }

  #subject(entrant: Entrant, own: Parameters<typeof subjectOf>[1]): Subject | undefined {
    const isThere =
      !("needs" in entrant) || !this.absent.some(({ peer }) => peer === entrant.needs);
    return isThere ? subjectOf(entrant, own, this.#erlang) : undefined;
  }

  close(): void {
    this.#erlang?.close();
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
