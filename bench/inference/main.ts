// W9: images per second through a whole cluster beside bare loops over the same model, what the
// cluster adds to the time of a single image, and how fast a submission is acknowledged.
import { fileURLToPath } from "node:url";
import type { NodeView } from "#protocols/tasks/node.ts";
import { ClusterProcess } from "../../test/processes/cluster-process.ts";
import { formOf, pictureOf } from "../../test/processes/pictures.ts";
import {
  type ContestOutcome,
  compete,
  type Round,
  type Scale,
  type Subject,
  type SuiteOutcome,
} from "../harness.ts";
import { BareLoops } from "./bare-loops.ts";
import { HttpClient } from "./http-client.ts";
import { RawStore } from "./raw-store.ts";

/** As often as nodes report. */
const heartbeatMs = 1_000;
const workers = 2;
const inFlight = 8;
/** Pixels of the photograph's longer side; about one megapixel. */
const width = 1_280;
const modelFolder = fileURLToPath(
  new URL("../../actors/inference/models/diffuse", import.meta.url),
);

export async function run(scale: Scale): Promise<SuiteOutcome> {
  const ends: (() => Promise<void>)[] = [];
  try {
    const contests = await measure(scale, { after: (end) => ends.push(end) });
    return {
      packages: ["onnxruntime-node", "sharp", "zeromq", "better-sqlite3"],
      contests,
      absent: [],
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

type Scope = Parameters<typeof ClusterProcess.start>[0];

async function measure(scale: Scale, scope: Scope): Promise<readonly ContestOutcome[]> {
  const picture = await pictureOf(width);
  const start = { folder: modelFolder, threads: 1, width, height: (width * 9) / 16, ...picture };
  const bare = await BareLoops.start(workers, start);
  scope.after(() => Promise.resolve(bare.stop()));
  const cluster = await ClusterProcess.start(scope, { workers });
  const images = scale === "full" ? 48 : 8;
  const rounds = scale === "full" ? 5 : 3;
  const client = await HttpClient.of(cluster.url, formOf(picture));
  const repair = (): Promise<void> => client.post({ expect: 200 });
  const bareRound = (kind: "session" | "repair", loops: number, count: number): Subject => ({
    peer: `bare ${kind} loop`,
    variant: `${loops} process${loops === 1 ? "" : "es"}, 1 thread each`,
    round: () => bare.round(kind, { loops, count }),
  });
  const saturation = await compete({
    workload: "W9 images at saturation",
    ours: {
      peer: "troupe",
      variant: `${workers} workers, ${inFlight} requests in flight over HTTP`,
      round: () => timed(images, inFlight, repair),
    },
    peers: [
      bareRound("repair", workers, images / workers),
      bareRound("session", workers, images / workers),
    ],
    goals: [
      { against: "bare repair loop", measure: "perSecond", as: "ratio", bound: { atLeast: 0.95 } },
      { against: "bare session loop", measure: "perSecond", as: "ratio", bound: { atLeast: 0.95 } },
    ],
    rounds,
    warmUps: 1,
  });
  const single = await compete({
    workload: "W9 one image at a time",
    ours: { peer: "troupe", variant: "HTTP", round: () => timed(images / 2, 1, repair) },
    peers: [bareRound("repair", 1, images / 2)],
    goals: [
      { against: "bare repair loop", measure: "p50Ms", as: "difference", bound: { atMost: 5 } },
    ],
    rounds,
    warmUps: 1,
  });
  const lateness = await compete({
    workload: "W9 event loop's delay while a model runs",
    ours: {
      peer: "troupe",
      variant: "worst of each worker node's heartbeats",
      round: () => latenessOf(cluster, () => timed(images / 2, inFlight, repair)),
    },
    peers: [
      {
        peer: "same process",
        variant: "session.run on the event loop's thread",
        round: () => bare.round("lateness", { loops: 1, count: images / 4 }),
      },
    ],
    goals: [{ against: "same process", measure: "p99Ms", as: "ratio", bound: { atMost: 0.25 } }],
    rounds,
    warmUps: 1,
  });
  return [saturation, single, lateness, await submissions(cluster, scale, scope)];
}

/** What the worker nodes report of their event loops while the work goes on. */
async function latenessOf(cluster: ClusterProcess, work: () => Promise<Round>): Promise<Round> {
  const startedAt = performance.now();
  const latenciesMs: number[] = [];
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone || latenciesMs.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, heartbeatMs));
    const response = await fetch(`${cluster.url}/api/status`);
    const { nodes }: { nodes: readonly NodeView[] } = JSON.parse(await response.text());
    for (const { capabilities, load } of nodes) {
      if (capabilities.models.length > 0 && load) latenciesMs.push(load.eventLoopDelayMsMax);
    }
  }
  const { n } = await done;
  return { n, elapsedMs: performance.now() - startedAt, latenciesMs };
}

/** Small pictures, so that the workers keep up; each is acknowledged when it is on disk. */
async function submissions(
  cluster: ClusterProcess,
  scale: Scale,
  scope: Scope,
): Promise<ContestOutcome> {
  const picture = await pictureOf(160);
  const raw = RawStore.open(cluster.folder);
  scope.after(() => Promise.resolve(raw.close()));
  const count = scale === "full" ? 200 : 20;
  const client = await HttpClient.of(cluster.url, formOf(picture), { prefer: "respond-async" });
  const submit = (): Promise<void> => client.post({ expect: 202 });
  return compete({
    workload: "W9 submit, acknowledged on disk",
    ours: { peer: "troupe", variant: "HTTP, 1 in flight", round: () => timed(count, 1, submit) },
    peers: [
      {
        peer: "bare SQLite",
        variant: "synchronous=FULL, the same files",
        round: () => timed(count, 1, () => raw.insert(picture)),
      },
    ],
    goals: [{ against: "bare SQLite", measure: "p50Ms", as: "difference", bound: { atMost: 5 } }],
    rounds: 3,
    warmUps: 1,
  });
}

/** `count` times the work, at most `width` at once. */
async function timed(count: number, width: number, work: () => Promise<void>): Promise<Round> {
  const latenciesMs: number[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const startedAt = performance.now();
      await work();
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: width }, lane));
  return { n: count, elapsedMs: performance.now() - startedAt, latenciesMs };
}
