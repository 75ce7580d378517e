// How long a claim takes among so many tasks that wait. The file with these tasks is made once a run,
// and each trial leaves as many waiting as it found:
//
//   claim 64 (measured)    complete 64, submit 64 (not measured)
import { join } from "node:path";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { Done, Trial, Work } from "../core/contender.ts";
import { benchModel, submissionOf } from "./dispatcher.ts";
import { jobOf } from "./job.ts";
import { openQueue } from "./troupe-queue.ts";

/** Names the folder of the prepared files. */
export const preparedVariable = "BENCH_STORES_PREPARED";

const claimedTogether = 64;
const submittedTogether = 512;

const fileOf = (folder: string, count: number): string => join(folder, `waiting-${count}.sqlite`);

/** Makes a store's file in which so many tasks wait. */
export async function prepareWaiting(folder: string, count: number): Promise<void> {
  const backend = await SqliteBackend.open({ path: fileOf(folder, count) });
  await openQueue(backend);
  for (let first = 0; first < count; first += submittedTogether) {
    await submitAll(backend, Math.min(submittedTogether, count - first));
  }
  await backend.close();
}

/** `setting.actors` is the number of tasks that wait. */
const claims: Work = async ({ actors: count }): Promise<Trial> => {
  const folder = process.env[preparedVariable];
  if (folder === undefined) {
    throw new Failure("invalid", `set ${preparedVariable} to the folder of the prepared files`);
  }
  const backend = await SqliteBackend.open({ path: fileOf(folder, count) });
  return { run: (ms) => claimed(backend, { ms, count }) };
};

export const claimWorks: Readonly<Record<string, Work>> = { claims };

async function claimed(
  backend: SqliteBackend,
  { count, ms }: { readonly ms: number; readonly count: number },
): Promise<Done> {
  const latenciesMs: number[] = [];
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt || latenciesMs.length === 0) {
    const startedAt = performance.now();
    const leases = await claim(backend);
    latenciesMs.push(performance.now() - startedAt);
    if (leases.length !== claimedTogether) {
      throw new Failure("invalid", `${leases.length} of ${claimedTogether} tasks were claimed`);
    }
    await Promise.all([
      submitAll(backend, leases.length),
      ...leases.map((lease) => complete(backend, lease)),
    ]);
  }
  const { pending } = await backend.call({ method: "counts", args: [] });
  if (pending === count) return { count: latenciesMs.length, latenciesMs };
  throw new Failure("invalid", `${pending} tasks wait, not ${count}`);
}

const claim = (backend: SqliteBackend): Promise<readonly TaskLease[]> => {
  const request = { node: "bench", incarnation: 1, models: [benchModel], max: claimedTogether };
  return backend.call({ method: "claim", args: [request] });
};

async function complete(backend: SqliteBackend, lease: TaskLease): Promise<void> {
  const { epoch, fence, taskId } = lease;
  const result = { figures: {}, files: [] };
  const report = { lease: { taskId, fence, epoch }, result };
  const { kind } = await backend.call({ method: "complete", args: [report] });
  if (kind !== "committed") throw new Failure("invalid", `${taskId} was ${kind}`);
}

async function submitAll(backend: SqliteBackend, count: number): Promise<void> {
  const submitted = Array.from({ length: count }, (_, number) =>
    backend.call({ method: "submit", args: [submissionOf(jobOf(number), "process")] }),
  );
  await Promise.all(submitted);
}
