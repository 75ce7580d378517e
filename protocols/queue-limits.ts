// The bounds of what the QueueManager keeps in memory; how many wait shows in its statistics. What is
// durable is bounded by the store (`store-limits.ts`), and by each queue's settings.
const MiB = 1024 * 1024;

export const queueLimits = {
  /** Submissions that wait for room in full queues, and their bytes. Full: `queue_full`, at once. */
  submissionsBlockedMax: 1_000,
  submissionsBlockedBytesMax: 256 * MiB,
} as const;
