// bee-queue as a queue of jobs: its queue with its events here, its worker in another process. Jobs
// that are done are removed at once, which is the least that it can keep.

import { startFarFile } from "../links/far-process.ts";
import { requirePeer } from "../peers/installed-package.ts";
import { type Job, jobOf } from "./job.ts";
import type { JobQueue, StartQueue } from "./job-queue.ts";
import { type RedisSync, startRedis } from "./redis-server.ts";

export interface BeeAnswer {
  readonly number: number;
  readonly answer: number;
}
interface BeeSettings {
  readonly redis: { readonly host: string; readonly port: number };
  readonly isWorker: boolean;
  readonly getEvents: boolean;
  readonly sendEvents: boolean;
  readonly storeJobs: boolean;
  readonly removeOnSuccess: boolean;
}
/** What the benchmarks use of it. */
type Bee = new (
  name: string,
  settings: BeeSettings,
) => {
  ready(): Promise<unknown>;
  createJob(job: Job): { save(): Promise<unknown> };
  on(event: "job succeeded", heard: (id: string, answer: BeeAnswer) => void): void;
  on(event: "error", heard: () => void): void;
  process(concurrency: number, work: (job: { readonly data: Job }) => Promise<BeeAnswer>): void;
  checkHealth(): Promise<Readonly<Record<"waiting" | "active" | "delayed" | "failed", number>>>;
};

export const loadBee = (): Bee => requirePeer("bee-queue");
export const beeQueueName = "jobs";
export const beeSettings = (role: "submits" | "works", port: number): BeeSettings => ({
  redis: { host: "127.0.0.1", port },
  isWorker: role === "works",
  getEvents: role === "submits",
  sendEvents: role === "works",
  storeJobs: false,
  removeOnSuccess: true,
});

const workerProgram = new URL("./contenders/far/bee-queue.ts", import.meta.url);

export const beeQueueOn =
  (sync: RedisSync): StartQueue =>
  async ({ hasWorker, inFlight }) => {
    const port = await startRedis(sync);
    const Queue = loadBee();
    const queue = new Queue(beeQueueName, beeSettings("submits", port));
    const jobs: JobQueue = {
      onDone: () => {},
      submit: (number) => queue.createJob(jobOf(number)).save(),
      counts: async () => {
        const { active, delayed, failed, waiting } = await queue.checkHealth();
        return { open: active + delayed + failed + waiting, completed: undefined };
      },
    };
    queue.on("job succeeded", (_id, { answer, number }) => jobs.onDone(number, answer));
    await queue.ready();
    if (hasWorker) await startFarFile(workerProgram, String(port), String(inFlight));
    return jobs;
  };
