// One run: a cluster of real processes, a client that submits, faults by plan, then quiet, and the
// verdict on what is left. Whatever it started it ends, also when it fails.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openBackend, type StorePlace } from "#actors/store/open-backend.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { ClusterProcess } from "../processes/cluster-process.ts";
import { RedisProcess } from "../runtime/cluster/directory/redis-process.ts";
import { type Absence, absenceOf, awayIn } from "./chaos-away.ts";
import { ChaosClient, type Served } from "./chaos-client.ts";
import { ChaosFaults, type DoneFault } from "./chaos-faults.ts";
import {
  readHistories,
  readSuspicions,
  type Suspicion,
  type TaskHistory,
} from "./chaos-history.ts";
import { type Rerun, rerunsOf } from "./chaos-losses.ts";
import { type ChaosFault, type ChaosTerms, chaosPlan } from "./chaos-plan.ts";
import { chaosTopology } from "./chaos-topology.ts";
import { brokenIn, type ChaosVerdict, type Effect, judge } from "./chaos-verdict.ts";

export interface ChaosOptions extends ChaosTerms {
  readonly tasks: number;
  /** Milliseconds that a task may take, 20 at least. */
  readonly workMsMax: number;
  /** After the last fault, until every task must have ended. */
  readonly settleSeconds: number;
  /** A file for what the nodes have logged. Default: it is not kept. */
  readonly log?: string;
  /** Called now and then with how it stands. */
  readonly show: (line: string) => void;
}

export interface ChaosOutcome {
  readonly verdict: ChaosVerdict;
  readonly done: readonly DoneFault[];
  readonly missed: readonly ChaosFault[];
  readonly reruns: readonly Rerun[];
  /** Of control node and Redis. */
  readonly absence: Absence;
  /** What the store remembers of some of the tasks for which a promise was broken. */
  readonly broken: readonly TaskHistory[];
  /** Of the task that took longest to run again; undefined: none was lost. */
  readonly slowest: TaskHistory | undefined;
  /** Milliseconds from each fault of who serves clients until a submission was served again. */
  readonly servedAgainMs: readonly { readonly target: string; readonly ms: number }[];
  readonly acknowledged: number;
  readonly refused: readonly string[];
  readonly repeats: number;
  readonly bootMs: number;
  readonly submitMs: number;
  readonly totalMs: number;
}

const showEveryMs = 500;
const brokenShown = 5;

export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const ends: (() => Promise<void>)[] = [];
  try {
    return await run(options, (end) => ends.push(end));
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function run(
  options: ChaosOptions,
  after: (end: () => Promise<void>) => void,
): Promise<ChaosOutcome> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "troupe-chaos-"));
  after(() => rm(folder, { recursive: true, force: true }));
  const record = join(folder, "effects.jsonl");
  const redis =
    options.store === "redis" ? await RedisProcess.start({ appendfsync: "always" }) : undefined;
  if (redis) after(() => redis.end());
  let faults: ChaosFaults | undefined;
  const cluster = await ClusterProcess.start(
    { after },
    {
      workers: options.workers,
      topology: (ports) => chaosTopology({ ...options, store: storeText(redis), record, ports }),
      heard: ({ kind, node }) => kind === "ready" && node !== undefined && faults?.ready(node),
    },
  );
  const { log } = options;
  if (log !== undefined) after(() => writeFile(log, `${cluster.log.join("\n")}\n`));
  faults = new ChaosFaults({ cluster, redis });
  after(onExit({ faults, folders: [folder, cluster.folder] }));
  const bootMs = performance.now() - startedAt;
  const { seconds, seed, tasks } = options;
  const client = new ChaosClient({ url: cluster.url, seed, tasks, withinMs: seconds * 800 });
  after(async () => client.stop());
  const times = await disturbed(options, { client, faults, cluster });
  const exit = await cluster.interrupt();
  if (exit !== 0) options.show(`the cluster ended with ${exit}`);
  const place: StorePlace = redis
    ? { kind: "redis", url: urlOf(redis), namespace: "chaos" }
    : { kind: "sqlite", path: cluster.databaseFile };
  const { histories, suspicions } = await recordIn(place, client, options);
  const effects = effectsIn(record);
  const verdict = judge({ tasks: client.acknowledged, histories, effects });
  const broken = new Set(brokenIn(verdict).slice(0, brokenShown));
  const reruns = rerunsOf({
    ...{ histories, suspicions, faults: faults.done },
    away: awayIn(faults.done),
  });
  const [longest] = [...reruns].sort((a, b) => b.rerun.clockMs - a.rerun.clockMs);
  return {
    ...{ verdict, reruns, absence: absenceOf(faults.done, histories) },
    slowest: histories.find(({ taskId }) => taskId === longest?.taskId),
    broken: histories.filter(({ taskId }) => broken.has(taskId)),
    servedAgainMs: servedAgain(faults.done, client.served),
    ...{ done: faults.done, missed: faults.missed, refused: client.refused },
    ...{ acknowledged: client.acknowledged.length, repeats: client.repeats },
    ...{ bootMs, submitMs: times.submitMs, totalMs: performance.now() - startedAt },
  };
}

/** Who is interrupted has no time to wait: the nodes end when they run and find their launcher gone. */
function onExit({
  faults,
  folders,
}: {
  readonly faults: ChaosFaults;
  readonly folders: readonly string[];
}): () => Promise<void> {
  const leave = (): void => {
    faults.wake();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", leave);
  return async () => {
    process.off("exit", leave);
  };
}

interface Stage {
  readonly client: ChaosClient;
  readonly faults: ChaosFaults;
  readonly cluster: ClusterProcess;
}

/** Submits and disturbs, heals, and waits until all tasks have ended or their time is over. */
async function disturbed(
  { settleSeconds, show, tasks, ...terms }: ChaosOptions,
  { client, cluster, faults }: Stage,
): Promise<{ readonly submitMs: number }> {
  const startedAt = performance.now();
  const line = (): string => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    const down = [...cluster.down, ...faults.frozen].join(", ") || "nobody";
    const { acknowledged, ended } = client;
    return `${seconds} s: ${acknowledged.length} of ${tasks} acknowledged, ${ended} ended, ${faults.done.length} faults; down: ${down}`;
  };
  const shown = setInterval(() => show(line()), showEveryMs);
  try {
    let isOver = false;
    const submitted = client.submitAll().then(() => performance.now() - startedAt);
    const followed = client.followAll(tasks);
    await Promise.race([faults.run(chaosPlan(terms), () => isOver), cluster.ended()]);
    isOver = true;
    await faults.healed();
    const done = Promise.all([submitted, followed]);
    await Promise.race([
      done,
      cluster.ended(),
      delay(settleSeconds * 1_000, undefined, { ref: false }),
    ]);
    client.stop();
    return { submitMs: await submitted };
  } finally {
    clearInterval(shown);
    show(line());
  }
}

async function recordIn(
  place: StorePlace,
  { acknowledged }: ChaosClient,
  { workers }: ChaosOptions,
): Promise<{
  readonly histories: readonly TaskHistory[];
  readonly suspicions: readonly Suspicion[];
}> {
  const backend = await openBackend(place, {
    wallMs: nodeClock.wall,
    monotonicMs: nodeClock.now,
  });
  try {
    const taskIds = acknowledged.map(({ taskId }) => taskId);
    const nodes = Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
    return {
      histories: await readHistories(backend, taskIds),
      suspicions: await readSuspicions(backend, nodes),
    };
  } finally {
    await backend.close();
  }
}

function effectsIn(record: string): readonly Effect[] {
  if (!existsSync(record)) return [];
  const lines = readFileSync(record, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): Effect => JSON.parse(line));
}

function servedAgain(faults: readonly DoneFault[], served: readonly Served[]) {
  return faults
    .filter(({ target }) => !target.startsWith("worker"))
    .flatMap(({ at, target }) => {
      const next = Math.min(...served.filter(({ sentAt }) => sentAt >= at).map((one) => one.at));
      return Number.isFinite(next) ? [{ target, ms: next - at }] : [];
    });
}

const urlOf = ({ port }: RedisProcess): string => `redis://127.0.0.1:${port}`;
const storeText = (redis: RedisProcess | undefined): string =>
  redis === undefined
    ? "{ kind: sqlite, path: tasks.sqlite }"
    : `{ kind: redis, url: "${urlOf(redis)}", folder: own }`;
