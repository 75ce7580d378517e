// bee-queue on a Redis whose log is synced before anything is acknowledged.
import { beeQueueOn } from "../bee-queue-queue.ts";
import { queueWorks } from "../job-queue.ts";

export const works = queueWorks(beeQueueOn("always"));
