// bee-queue on a Redis whose log is synced every second.
import { beeQueueOn } from "../bee-queue-queue.ts";
import { queueWorks } from "../job-queue.ts";

export const works = queueWorks(beeQueueOn("everysec"));
