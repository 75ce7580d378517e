// Troupe on SQLite, whose submissions need not survive a loss of power; claims and completions do.
import { queueWorks } from "../job-queue.ts";
import { openSqlite } from "../sqlite-place.ts";
import { troupeQueue } from "../troupe-queue.ts";

export const works = queueWorks(troupeQueue(openSqlite, "process"));
