// Troupe on Redis, whose log is synced before anything is acknowledged.
import { queueWorks } from "../job-queue.ts";
import { openRedis } from "../redis-place.ts";
import { troupeQueue } from "../troupe-queue.ts";

export const works = queueWorks(troupeQueue(openRedis("always")));
