// How fast a cluster works on a queue of so many tasks: they wait in the store's file before the cluster is
// started, and for each that is completed another one is submitted, so that as many wait all the time. The first
// half of a round is warm-up. Meanwhile a few tasks of the highest priority go ahead of the whole queue: how long
// one takes, from its submission to its answer, tells what the depth costs somebody who waits.
import { setTimeout as delay } from "node:timers/promises";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { Round, Subject } from "../contest.ts";
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
/** A thousand tasks must not be worked off between two looks. */
const lookEveryMs = 20;

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

async function counted(crew: TroupeCrew, terms: DepthTerms): Promise<Round> {
  let isOver = false;
  const until = { isOver: () => isOver };
  const urgent: number[] = [];
  const [timed] = await Promise.all([
    timedHalf(crew, terms, urgent).finally(() => {
      isOver = true;
    }),
    goAhead(crew, urgent, until),
    keptDeep(crew, terms, until),
  ]);
  return timed;
}

interface Until {
  isOver(): boolean;
}

/** What is done in the second half, apart from the urgent tasks, whose times are told of the same half. */
async function timedHalf(
  { queue }: TroupeCrew,
  { ms, depth }: DepthTerms,
  urgent: readonly number[],
): Promise<Round> {
  await delay(ms);
  const before = { ...(await sight(queue)), urgent: urgent.length };
  await delay(ms);
  const after = { ...(await sight(queue)), urgent: urgent.length };
  const n = after.done - before.done - (after.urgent - before.urgent);
  const elapsedMs = after.at - before.at;
  const latenciesMs = urgent.slice(before.urgent, after.urgent);
  if (n > 0 && latenciesMs.length > 0) return { n, elapsedMs, latenciesMs };
  const seen = `${n} tasks and ${latenciesMs.length} urgent ones`;
  throw new Failure("timeout", `with ${depth} waiting ${seen} were done in ${elapsedMs} ms`);
}

/** Submits as many as were completed, again and again. */
async function keptDeep(
  { queue }: TroupeCrew,
  { depth }: DepthTerms,
  { isOver }: Until,
): Promise<void> {
  for (let number = depth; !isOver(); await delay(lookEveryMs)) {
    const { left } = await sight(queue);
    const count = Math.min(submittedTogether, depth - left);
    const some = Array.from({ length: Math.max(0, count) }, (_, index) =>
      queue.submit(submissionOf(number + index)),
    );
    await Promise.all(some);
    number += some.length;
  }
}

/** Adds the milliseconds that each urgent task took. */
async function goAhead(crew: TroupeCrew, latenciesMs: number[], { isOver }: Until): Promise<void> {
  const lane = async (): Promise<void> => {
    while (!isOver()) {
      const startedAt = performance.now();
      await crew.runUrgent(latenciesMs.length);
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: urgentInFlight }, lane));
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
