// Troupe's store in memory: what the decisions, the links and the worker cost without any disk.
import { nanoid } from "nanoid";
import { MemoryBackend } from "#actors/store/memory/memory-backend.ts";
import { queueWorks } from "../job-queue.ts";
import { troupeQueue } from "../troupe-queue.ts";

const startedAt = Date.now() - performance.now();
const nowMs = (): number => startedAt + performance.now();

export const works = queueWorks(
  troupeQueue(async () => new MemoryBackend({ nowMs: () => Math.floor(nowMs()), makeId: nanoid })),
);
