// How fast a cluster works off a queue of so many tasks: they wait in the store's file before the cluster is
// started, and are counted as they are completed, over a part of the queue that hardly makes it shorter. Meanwhile
// a few tasks of the highest priority go ahead of the whole queue: how long one takes, from its submission to its
// answer, tells what the depth costs somebody who waits.
import { setTimeout as delay } from "node:timers/promises";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { Round, Subject } from "../harness.ts";
import type { Scope } from "./crew.ts";
import { startTroupe, submissionOf, type TroupeCrew } from "./troupe-crew.ts";

export interface DepthTerms {
  /** Tasks that wait when a round begins. */
  readonly depth: number;
  readonly workers: number;
  readonly slots: number;
  /** Where the file is kept from round to round. */
  readonly folder: string;
  readonly ms: number;
}

const pendingMax = 2_000_000;
/** A level of priority that is worth a day: nothing that waits is urgent by its age. */
const agingMsPerLevel = 86_400_000;
const urgentInFlight = 4;
const submittedTogether = 512;
const lookEveryMs = 50;
/** A round without a completion in so long hangs. */
const patienceMs = 60_000;

export const depthSubject = (terms: DepthTerms): Subject => ({
  peer: `troupe, ${terms.depth.toLocaleString("en")} queued`,
  variant: `${terms.workers} workers, ${terms.slots} slots each`,
  round: () => round(terms),
});

async function round(terms: DepthTerms): Promise<Round> {
  const file = `${terms.folder}/queued-${terms.depth}.sqlite`;
  await fill(file, terms.depth);
  const ends: (() => Promise<void>)[] = [];
  const scope: Scope = { after: (end) => ends.push(end) };
  try {
    const store = `{ kind: sqlite, path: ${JSON.stringify(file)} }`;
    const { workers, slots } = terms;
    return await counted(await startTroupe(scope, { workers, slots, store }), terms);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** As many as are missing, so that `depth` wait. */
async function fill(file: string, depth: number): Promise<void> {
  const backend = await SqliteBackend.open({ path: file });
  try {
    const settings = { queue: "default", pendingMax, perUserMax: pendingMax, agingMsPerLevel };
    await backend.call({ method: "setQueue", args: [settings] });
    const { pending, running } = await backend.call({ method: "counts", args: [] });
    for (let number = pending + running; number < depth; number += submittedTogether) {
      const count = Math.min(submittedTogether, depth - number);
      const some = Array.from({ length: count }, (_, index) =>
        backend.call({
          method: "submit",
          args: [{ ...submissionOf(number + index), ack: "process" }],
        }),
      );
      await Promise.all(some);
    }
  } finally {
    await backend.close();
  }
}

/** From the first look at which work goes on until the time is over, or nothing is left. */
async function counted(crew: TroupeCrew, terms: DepthTerms): Promise<Round> {
  const first = await sight(crew.queue);
  let isOver = false;
  const [timed, latenciesMs] = await Promise.all([
    worked(crew, terms, first).finally(() => {
      isOver = true;
    }),
    goAhead(crew, () => isOver),
  ]);
  return { ...timed, latenciesMs };
}

/** Milliseconds that each urgent task took; at least one a lane. */
async function goAhead(crew: TroupeCrew, isOver: () => boolean): Promise<readonly number[]> {
  const latenciesMs: number[] = [];
  const lane = async (): Promise<void> => {
    do {
      const startedAt = performance.now();
      await crew.runUrgent(latenciesMs.length);
      latenciesMs.push(performance.now() - startedAt);
    } while (!isOver());
  };
  await Promise.all(Array.from({ length: urgentInFlight }, lane));
  return latenciesMs;
}

async function worked(
  { queue }: TroupeCrew,
  { ms, depth }: DepthTerms,
  first: Sight,
): Promise<Round> {
  const endsAt = first.at + ms;
  let last = first;
  const givenUpAt = first.at + patienceMs;
  while ((last.at < endsAt || last.done === first.done) && last.left > urgentInFlight) {
    if (performance.now() > givenUpAt) {
      throw new Failure(
        "timeout",
        `${last.done - first.done} of ${depth} tasks were done in a minute`,
      );
    }
    await delay(lookEveryMs);
    last = await sight(queue);
  }
  // A short queue may have been worked off before the first look.
  const n = last.done - first.done;
  return { n: Math.max(1, n), elapsedMs: Math.max(1, last.at - first.at) };
}

interface Sight {
  readonly at: number;
  readonly done: number;
  readonly left: number;
}

async function sight(queue: TroupeCrew["queue"]): Promise<Sight> {
  const { completed, pending, running } = await queue.statistics();
  return { at: performance.now(), done: completed, left: pending + running };
}
