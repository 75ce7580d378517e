// Whole clusters on tasks that do nothing: from the submission in one process, over the control node's, to
// a worker's and back; beside BullMQ and Celery with as many workers. And how that changes with the number
// of workers, and of tasks that wait.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Absence, ContestOutcome, Goal, Scale, Subject, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";
import { installedVersion, installPeers } from "../peers/installed-package.ts";
import { answerTo, jobOf } from "../stores/job.ts";
import { redisServer } from "../stores/redis-server.ts";
import { startBullMq } from "./bullmq-crew.ts";
import { type CeleryPlace, celeryThere, startCelery } from "./celery-crew.ts";
import { type Crew, flow, type Scope } from "./crew.ts";
import { crowdSubject } from "./crowd-subject.ts";
import { depthSubject } from "./depth-subject.ts";
import { startTroupe } from "./troupe-crew.ts";

/** As many as a worker may have, so that 64 in flight find a slot with two workers. */
const slots = 32;
const usualWorkers = 2;
const usualInFlight = 64;
const answerOf = (number: number): number => answerTo(jobOf(number));
const say = (line: string): void => console.error(line);

interface PeersThere {
  readonly bullMq: "there" | "absent";
  readonly celery: CeleryPlace | undefined;
  readonly absent: readonly Absence[];
}

interface Contested {
  readonly title: string;
  run(scope: Scope): Promise<ContestOutcome>;
}

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const { versions, ...peers } = await peersThere();
  const chosen = contestsOf(scale, peers).filter(({ title }) => title.includes(only));
  if (chosen.length === 0) {
    const titles = contestsOf(scale, peers).map(({ title }) => title);
    throw new Failure("invalid", `no workload's title contains ${only}: ${titles.join("; ")}`);
  }
  const contests: ContestOutcome[] = [];
  for (const [index, { run: contest, title }] of chosen.entries()) {
    say(`${index + 1}/${chosen.length} ${title}`);
    const ends: (() => Promise<void>)[] = [];
    try {
      contests.push(await contest({ after: (end) => ends.push(end) }));
    } finally {
      for (const end of ends.reverse()) await end();
    }
  }
  return {
    packages: ["zeromq", "msgpackr", "better-sqlite3"],
    versions,
    contests,
    absent: peers.absent,
  };
}

function contestsOf(scale: Scale, peers: PeersThere): readonly Contested[] {
  const inFlights = scale === "full" ? [1, 64, 512] : [1, 64];
  const crowds = scale === "full" ? [1, 2, 4, 10] : [1, 2];
  const depths = scale === "full" ? [1_000, 10_000, 100_000, 1_000_000] : [1_000, 5_000];
  return [
    ...inFlights.map((inFlight) => flightContest(inFlight, scale, peers)),
    crowdContest(crowds, scale),
    depthContest(depths, scale),
  ];
}

const timesOf = (scale: Scale) =>
  scale === "full" ? { ms: 5_000, rounds: 5 } : { ms: 1_000, rounds: 3 };

function flightContest(inFlight: number, scale: Scale, { bullMq, celery }: PeersThere): Contested {
  const title = `cluster: no-op tasks, ${usualWorkers} workers, ${inFlight} in flight`;
  const { ms, rounds } = timesOf(scale);
  return {
    title,
    async run(scope) {
      const terms = { workers: usualWorkers, slots };
      const ours = await startTroupe(scope, terms);
      const peers: Subject[] = [];
      if (bullMq === "there") {
        const crew = await startBullMq(scope, terms);
        peers.push(crewSubject("BullMQ", crew, { inFlight, ms, variant: everySecond }));
      }
      if (celery !== undefined) {
        const crew = await startCelery(scope, { ...terms, ...celery });
        peers.push({
          ...{ peer: "Celery", variant: everySecond },
          round: () => crew.round({ inFlight, ms }),
        });
      }
      return compete({
        ...{ workload: title, peers, rounds, warmUps: 1 },
        ours: crewSubject("troupe", ours, { inFlight, ms, variant: "SQLite, synchronous FULL" }),
        goals: bullMq === "there" ? goalsOf(inFlight) : [],
      });
    },
  };
}

const everySecond = "Redis, log synced every second";

const goalsOf = (inFlight: number): readonly Goal[] =>
  inFlight === 1
    ? [{ against: "BullMQ", measure: "p50Ms", as: "ratio", bound: { atMost: 1 } }]
    : [{ against: "BullMQ", measure: "perSecond", as: "ratio", bound: { atLeast: 1 } }];

function crowdContest(crowds: readonly number[], scale: Scale): Contested {
  const title = `cluster: growth with workers, ${usualInFlight} in flight`;
  const { ms, rounds } = timesOf(scale);
  return {
    title,
    async run() {
      const flowing = { inFlight: usualInFlight, ms, answerOf };
      const subjects = crowds.map((workers) => crowdSubject({ workers, slots, ...flowing }));
      return contestAmong(title, subjects, { rounds, goals: [] });
    },
  };
}

function depthContest(depths: readonly number[], scale: Scale): Contested {
  const title = "cluster: growth with tasks that wait";
  const { ms, rounds } = timesOf(scale);
  return {
    title,
    async run(scope) {
      const folder = mkdtempSync(join(tmpdir(), "troupe-bench-depth-"));
      scope.after(async () => rmSync(folder, { recursive: true, force: true }));
      const subjects = depths.map((depth) =>
        depthSubject({ depth, slots, folder, workers: usualWorkers, ms }),
      );
      const deepest = subjects.at(-1)?.peer ?? "";
      const goals: readonly Goal[] = [
        { against: deepest, measure: "perSecond", as: "ratio", bound: { atMost: 1.5 } },
      ];
      return contestAmong(title, subjects, { goals, rounds });
    },
  };
}

/** Each round has a cluster of its own, which it starts and warms up. */
function contestAmong(
  workload: string,
  [ours, ...peers]: readonly Subject[],
  terms: {
    readonly rounds: number;
    readonly goals: readonly Goal[];
  },
): Promise<ContestOutcome> {
  if (ours === undefined) throw new Failure("internal", `${workload} has nobody to measure`);
  return compete({ workload, ours, peers, ...terms, warmUps: "within rounds" });
}

const crewSubject = (
  peer: string,
  crew: Crew,
  {
    inFlight,
    ms,
    variant,
  }: { readonly inFlight: number; readonly ms: number; readonly variant: string },
): Subject => ({ peer, variant, round: () => flow(crew, { inFlight, ms, answerOf }) });

async function peersThere(): Promise<
  PeersThere & { readonly versions: Readonly<Record<string, string>> }
> {
  const failed = await installPeers(say);
  const server = redisServer();
  const bullMq = installedVersion("bullmq");
  const celery = celeryThere();
  if ("reason" in server) {
    const absent = ["BullMQ", "Celery"].map((peer) => ({ peer, reason: server.reason }));
    return { bullMq: "absent", celery: undefined, absent, versions: {} };
  }
  const absent: Absence[] = [];
  const versions: Record<string, string> = { "redis-server": server.version };
  if (bullMq === undefined) absent.push({ peer: "BullMQ", reason: failed ?? "not installed" });
  else versions["bullmq"] = bullMq;
  if ("reason" in celery) absent.push({ peer: "Celery", reason: celery.reason });
  else versions["celery"] = celery.version;
  return {
    bullMq: bullMq === undefined ? "absent" : "there",
    celery: "reason" in celery ? undefined : celery,
    ...{ absent, versions },
  };
}
