// Troupe on Redis, whose log is synced every second.
import { queueWorks } from "../job-queue.ts";
import { openRedis } from "../redis-place.ts";
import { troupeQueue } from "../troupe-queue.ts";

export const works = queueWorks(troupeQueue(openRedis("everysec")));
