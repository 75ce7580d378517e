// BullMQ with several worker processes on one Redis, its log synced every second.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { trialFlags } from "../core/trial-subject.ts";
import {
  type BullAnswer,
  bullConnection,
  bullQueueName,
  loadBullMq,
} from "../stores/bullmq-queue.ts";
import { jobOf } from "../stores/job.ts";
import { startRedis } from "../stores/redis-server.ts";
import type { Crew, CrewTerms, Scope } from "./crew.ts";

const program = fileURLToPath(new URL("../stores/contenders/far/bullmq.ts", import.meta.url));

export async function startBullMq(scope: Scope, { slots, workers }: CrewTerms): Promise<Crew> {
  const { Queue, QueueEvents } = loadBullMq();
  const port = await startRedis("everysec");
  const connection = bullConnection(port);
  const queue = new Queue(bullQueueName, { connection });
  const events = new QueueEvents(bullQueueName, { connection });
  const waiting = new Map<number, (answer: number) => void>();
  events.on("completed", ({ returnvalue }) => {
    const { answer, number } = answerIn(returnvalue);
    waiting.get(number)?.(answer);
    waiting.delete(number);
  });
  await events.waitUntilReady();
  scope.after(async () => {
    await Promise.all([events.close(), queue.close()]);
  });
  const started = Array.from({ length: workers }, () => startWorker(scope, { port, slots }));
  await Promise.all(started);
  return {
    async run(number) {
      const answered = new Promise<number>((resolve) => waiting.set(number, resolve));
      await queue.add("job", jobOf(number), { removeOnComplete: true });
      return answered;
    },
  };
}

async function startWorker(
  scope: Scope,
  { port, slots }: { readonly port: number; readonly slots: number },
): Promise<void> {
  const child = fork(program, [String(port), String(slots)], {
    execArgv: [...trialFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  scope.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  });
  await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`a worker of BullMQ ended with ${code} before it was ready`);
    }),
  ]);
}

const answerIn = (value: unknown): BullAnswer =>
  typeof value === "string" ? JSON.parse(value) : Object(value);
