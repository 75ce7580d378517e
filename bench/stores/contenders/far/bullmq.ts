// The worker's process of BullMQ.
import { farDetail, farRole, sayAddress } from "../../../links/far-process.ts";
import { bullConnection, bullQueueName, loadBullMq } from "../../bullmq-queue.ts";
import { answerTo } from "../../job.ts";

const { Worker } = loadBullMq();
const worker = new Worker(
  bullQueueName,
  async ({ data }) => ({ number: data.number, answer: answerTo(data) }),
  { connection: bullConnection(Number(farRole)), concurrency: Number(farDetail) },
);
// Without its server it cannot go on; whoever measures then has no result.
worker.on("error", () => process.exit(1));
await worker.waitUntilReady();
sayAddress("ready");
