// The worker's process of bee-queue.
import { farDetail, farRole, sayAddress } from "../../../links/far-process.ts";
import { beeQueueName, beeSettings, loadBee } from "../../bee-queue-queue.ts";
import { answerTo } from "../../job.ts";

const Queue = loadBee();
const queue = new Queue(beeQueueName, beeSettings("works", Number(farRole)));
// Without its server it cannot go on; whoever measures then has no result.
queue.on("error", () => process.exit(1));
await queue.ready();
queue.process(Number(farDetail), async ({ data }) => ({
  number: data.number,
  answer: answerTo(data),
}));
sayAddress("ready");
