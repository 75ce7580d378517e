// BullMQ as a queue of jobs: its queue and its events here, its worker in another process. Jobs that
// are done are removed at once, which is the least that it can keep.

import { startFarFile } from "../links/far-process.ts";
import { requirePeer } from "../peers/installed-package.ts";
import { type Job, jobOf } from "./job.ts";
import type { JobQueue, StartQueue } from "./job-queue.ts";
import { type RedisSync, startRedis } from "./redis-server.ts";

interface BullConnection {
  readonly host: string;
  readonly port: number;
  readonly maxRetriesPerRequest: null;
}
/** What the benchmarks use of it. */
interface BullMq {
  readonly Queue: new (
    name: string,
    options: { readonly connection: BullConnection },
  ) => {
    add(name: string, job: Job, options: { readonly removeOnComplete: true }): Promise<unknown>;
    getJobCounts(...kinds: readonly string[]): Promise<Readonly<Record<string, number>>>;
    close(): Promise<void>;
  };
  readonly QueueEvents: new (
    name: string,
    options: { readonly connection: BullConnection },
  ) => {
    waitUntilReady(): Promise<unknown>;
    close(): Promise<void>;
    on(event: "completed", heard: (end: { readonly returnvalue: unknown }) => void): void;
  };
  readonly Worker: new (
    name: string,
    work: (job: { readonly data: Job }) => Promise<BullAnswer>,
    options: { readonly connection: BullConnection; readonly concurrency: number },
  ) => { waitUntilReady(): Promise<unknown>; on(event: "error", heard: () => void): void };
}
export interface BullAnswer {
  readonly number: number;
  readonly answer: number;
}

export const loadBullMq = (): BullMq => requirePeer("bullmq");
export const bullQueueName = "jobs";
export const bullConnection = (port: number): BullConnection => ({
  ...{ host: "127.0.0.1", port, maxRetriesPerRequest: null },
});

const workerProgram = new URL("./contenders/far/bullmq.ts", import.meta.url);

export const bullMqOn =
  (sync: RedisSync): StartQueue =>
  async ({ hasWorker, inFlight }) => {
    const { Queue, QueueEvents } = loadBullMq();
    const port = await startRedis(sync);
    const connection = bullConnection(port);
    const queue = new Queue(bullQueueName, { connection });
    const jobs: JobQueue = {
      onDone: () => {},
      submit: (number) => queue.add("job", jobOf(number), { removeOnComplete: true }),
      counts: async () => {
        const counts = await queue.getJobCounts("waiting", "active", "delayed", "failed");
        const open = Object.values(counts).reduce((sum, count) => sum + count, 0);
        return { open, completed: undefined };
      },
    };
    if (!hasWorker) return jobs;
    const events = new QueueEvents(bullQueueName, { connection });
    events.on("completed", ({ returnvalue }) => {
      const { answer, number } = answerIn(returnvalue);
      jobs.onDone(number, answer);
    });
    await events.waitUntilReady();
    await startFarFile(workerProgram, String(port), String(inFlight));
    return jobs;
  };

function answerIn(value: unknown): BullAnswer {
  const answer: BullAnswer = typeof value === "string" ? JSON.parse(value) : value;
  return answer;
}
