// BullMQ on a Redis whose log is synced every second.
import { bullMqOn } from "../bullmq-queue.ts";
import { queueWorks } from "../job-queue.ts";

export const works = queueWorks(bullMqOn("everysec"));
