// BullMQ on a Redis whose log is synced before anything is acknowledged.
import { bullMqOn } from "../bullmq-queue.ts";
import { queueWorks } from "../job-queue.ts";

export const works = queueWorks(bullMqOn("always"));
