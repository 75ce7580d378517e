// Troupe on SQLite, every commit on the disk before it is acknowledged; claims among few and many.
import { claimWorks } from "../claim-works.ts";
import { queueWorks } from "../job-queue.ts";
import { openSqlite } from "../sqlite-place.ts";
import { troupeQueue } from "../troupe-queue.ts";

export const works = { ...queueWorks(troupeQueue(openSqlite)), ...claimWorks };
