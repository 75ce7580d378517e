// Durable queues of jobs: Troupe's stores beside BullMQ and bee-queue on the same Redis settings, and
// beside SQLite by hand (W7).
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Absence, ContestOutcome, Scale, SuiteOutcome } from "../contest.ts";
import { runInProcess, type TrialEntry, trialSubject } from "../core/trial-subject.ts";
import { compete } from "../harness.ts";
import { installedVersion, installPeers } from "../peers/installed-package.ts";
import { preparedVariable, prepareWaiting } from "./claim-works.ts";
import { contenders, type Entrant, type Need } from "./entrants.ts";
import { redisServer } from "./redis-server.ts";
import { fewWaiting, type StoreWorkload, workloads } from "./workloads.ts";

const packages = ["bee-queue", "bullmq"] as const;
const say = (line: string): void => console.error(line);

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const isPart = ({ quickPeers }: StoreWorkload): boolean =>
    scale === "full" || only !== "" || quickPeers.length > 0;
  const chosen = workloads.filter((workload) => workload.title.includes(only) && isPart(workload));
  if (chosen.length === 0) {
    const titles = workloads.map(({ title }) => title).join("; ");
    throw new Failure("invalid", `no workload's title contains ${only}: ${titles}`);
  }
  const { missing, versions } = await peersThere();
  const contests: ContestOutcome[] = [];
  const absent: Absence[] = [...missing].map(([peer, reason]) => ({ peer, reason }));
  for (const [index, workload] of chosen.entries()) {
    say(`${index + 1}/${chosen.length} ${workload.title}`);
    const outcome = await contest(workload, scale, missing);
    if ("reason" in outcome) absent.push(outcome);
    else contests.push(outcome);
  }
  if (contests.length === 0) {
    throw new Failure("unavailable", absent.map(({ reason }) => reason).join("; "));
  }
  return { packages: ["better-sqlite3", "ioredis"], versions, contests, absent };
}

/** `target` is a file under contenders/ and a work: `troupe-sqlite:end to end 64`. */
export async function profile(target: string, folder: string): Promise<string> {
  const [module = "", name = ""] = target.split(":");
  const workload = workloads.find(({ work }) => work === name);
  const known = new Set(workloads.flatMap(({ ours, peers }) => [ours, ...peers]).map(moduleOf));
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
  await withPrepared(workload, "quick", (waiting) =>
    runInProcess(entryOf({ peer: module, variant: "", module }, workload, "full", waiting), file),
  );
  return file;
}

const moduleOf = ({ module }: Entrant): string => module;

/** Which peers are missing, why, and the versions of the others. */
async function peersThere() {
  const failed = await installPeers(say);
  const missing = new Map<Need, string>();
  const versions: Record<string, string> = {};
  for (const name of packages) {
    const version = installedVersion(name);
    if (version === undefined) missing.set(name, failed ?? "not installed");
    else versions[name] = version;
  }
  const server = redisServer();
  if ("reason" in server) missing.set("redis-server", server.reason);
  else versions["redis-server"] = server.version;
  return { missing, versions };
}

/** Why there is no outcome, where there is none: the other workloads are run all the same. */
async function contest(
  workload: StoreWorkload,
  scale: Scale,
  missing: ReadonlyMap<Need, string>,
): Promise<ContestOutcome | Absence> {
  const invited =
    scale === "quick" && workload.quickPeers.length > 0 ? workload.quickPeers : workload.peers;
  const peers = invited.filter(({ needs }) => !needs.some((need) => missing.has(need)));
  const present = new Set(peers.map(({ peer }) => peer));
  try {
    return await withPrepared(workload, scale, (waiting) =>
      compete({
        workload: workload.title,
        ours: trialSubject(entryOf(workload.ours, workload, scale, waiting)),
        peers: peers.map((peer) =>
          trialSubject(entryOf(peer, workload, scale, Math.min(waiting, fewWaiting))),
        ),
        goals: workload.goals.filter((goal) => goal.as === "value" || present.has(goal.against)),
        rounds: scale === "full" ? 5 : 3,
        warmUps: "within rounds",
      }),
    );
  } catch (error) {
    say(`  not measured: ${reasonOf(error)}`);
    return { peer: workload.title, reason: reasonOf(error) };
  }
}

const entryOf = (
  { module, peer, variant }: Omit<Entrant, "needs">,
  { sizing, work }: StoreWorkload,
  scale: Scale,
  waiting: number,
): TrialEntry => ({
  ...{ peer, variant, module, folder: contenders },
  order: { work, setting: { actors: waiting }, sizing: sizing(scale) },
});

/** Makes the files in which tasks wait, where the workload wants some, and removes them afterwards. */
async function withPrepared<T>(
  workload: StoreWorkload,
  scale: Scale,
  use: (waiting: number) => Promise<T>,
): Promise<T> {
  const waiting = workload.waiting(scale);
  if (waiting === 0) return use(waiting);
  const folder = mkdtempSync(join(tmpdir(), "troupe-bench-waiting-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    process.env[preparedVariable] = folder;
    for (const count of [fewWaiting, waiting]) {
      say(`  preparing ${count} tasks that wait`);
      await prepareWaiting(folder, count);
    }
    return await use(waiting);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
