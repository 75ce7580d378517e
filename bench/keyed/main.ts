// Keyed actors over two processes, beside plain refs to as many actors, half of them here and half there.
//
//   tells     to 10,000 keys in turn, until both processes have counted all of them
//   death     from the kill of an owner to the first answer of a key that it had
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import type { Ref } from "#protocols/index.ts";
import { type KeyedActors, keyed, type StartedNode } from "#runtime/index.ts";
import type { ContestOutcome, Round, Scale, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";
import { type Bead, BeadString, BeadStringActor, KeyedBeadActor } from "./bead-actor.ts";
import { startBeadNode } from "./bead-node.ts";

const keyCount = 10_000;
/** Messages on their way at a time: less than a link holds. */
const burst = 20_000;
const ttlMs = 1_000;
const sizes = { full: { tells: 400_000, rounds: 7 }, quick: { tells: 40_000, rounds: 3 } } as const;
const deathRounds = 3;

interface Scene {
  readonly near: StartedNode;
  readonly beads: KeyedActors<Bead>;
}

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const near = await startBeadNode("near", new Map(), 30_000);
  const idleMs = Number.POSITIVE_INFINITY;
  const beads = keyed(near, KeyedBeadActor, { kind: "bead", idleMs });
  near.system.spawn(BeadStringActor, { name: "string" });
  const scene = { near, beads };
  const contests: ContestOutcome[] = [];
  try {
    await beads.ready;
    if ("keyed tells".includes(only)) contests.push(await contestOfTells(scene, sizes[scale]));
    if ("keyed death".includes(only)) contests.push(await contestOfDeath(scene));
    if (contests.length > 0) return { packages: [], contests, absent: [] };
    throw new Failure("invalid", `no workload's title contains ${only}: keyed tells; keyed death`);
  } finally {
    await near.system.stop(0);
  }
}

async function contestOfTells(
  { beads, near }: Scene,
  { rounds, tells }: { readonly rounds: number; readonly tells: number },
): Promise<ContestOutcome> {
  const far = await startFar(near, "far-0", 30_000);
  await until(() => shareOf(beads, "far-0") > 0.3);
  const keyedRefs = Array.from({ length: keyCount }, (_, index) => beads.of(`bead-${index}`));
  for (const ref of keyedRefs) await ref.where();
  const strings = ["near", "far-0"].map((node) =>
    near.system.refTo(BeadString, { node, path: "/string" }),
  );
  const halves = await Promise.all(strings.map((string) => string.thread(keyCount / 2)));
  const plainRefs = halves.flat();
  const countAll = (refs: readonly Ref<Bead>[]) => () => tellAll(refs, tells, strings);
  try {
    return await compete({
      workload: "keyed tells",
      ours: { peer: "troupe", variant: "10,000 keys", round: countAll(keyedRefs) },
      peers: [{ peer: "plain refs", variant: "10,000 actors", round: countAll(plainRefs) }],
      goals: [
        {
          against: "plain refs",
          measure: "perSecond",
          as: "ratio",
          bound: { atLeast: 0.5 },
        },
      ],
      ...{ rounds, warmUps: 1 },
    });
  } finally {
    await end(far);
  }
}

/** From the kill of a host to the first answer of a key that it had; each round has a host of its own. */
async function contestOfDeath({ beads, near }: Scene): Promise<ContestOutcome> {
  let count = 0;
  const round = async (): Promise<Round> => {
    count += 1;
    const name = `far-${count}`;
    const far = await startFar(near, name, ttlMs);
    await until(() => shareOf(beads, name) > 0.3);
    const ref = await refOn(beads, name);
    const begun = performance.now();
    await end(far);
    for (;;) {
      const where = await ref.where().catch(() => undefined);
      if (where === "near") break;
      await pass();
    }
    const elapsedMs = performance.now() - begun;
    return { n: 1, elapsedMs, latenciesMs: [elapsedMs] };
  };
  return compete({
    workload: "keyed death",
    ours: { peer: "troupe", variant: `sessions of ${ttlMs} ms`, round },
    peers: [],
    goals: [{ measure: "p50Ms", as: "value", bound: { atMost: ttlMs + 250 } }],
    ...{ rounds: deathRounds, warmUps: "within rounds" },
  });
}

async function tellAll(
  refs: readonly Ref<Bead>[],
  tells: number,
  strings: readonly Ref<BeadString>[],
): Promise<Round> {
  const before = await doneOn(strings);
  const start = performance.now();
  for (let sent = 0; sent < tells; ) {
    const next = Math.min(tells, sent + burst);
    for (; sent < next; sent += 1) refs[sent % refs.length]?.count();
    while ((await doneOn(strings)) - before < sent) await pass();
  }
  return { n: tells, elapsedMs: performance.now() - start };
}

async function doneOn(strings: readonly Ref<BeadString>[]): Promise<number> {
  const counts = await Promise.all(strings.map((string) => string.done()));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function refOn(beads: KeyedActors<Bead>, name: string): Promise<Ref<Bead>> {
  for (let index = 0; index < keyCount; index += 1) {
    const ref = beads.of(`bead-${index}`);
    if ((await ref.where()) === name) return ref;
  }
  throw new Failure("internal", `no bead is on ${name}`);
}

const shareOf = ({ status: { placed, moving } }: KeyedActors<Bead>, name: string): number =>
  moving > 0 ? 0 : (placed.get(name) ?? 0) / 256;

async function startFar(near: StartedNode, name: string, ttl: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL("./bead-host.ts", import.meta.url));
  const far = fork(file, [name, near.address, String(ttl)], {
    execArgv: ["--import", "#runtime/host/typescript-loader.mjs"],
  });
  await once(far, "message");
  return far;
}

async function end(far: ChildProcess): Promise<void> {
  const ended = once(far, "exit");
  far.kill("SIGKILL");
  await ended;
}

const pass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
