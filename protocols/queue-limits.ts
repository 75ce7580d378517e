// The bounds of what the QueueManager keeps in memory; each shows in the metrics of its node. What is
// durable is bounded by the store (`store-limits.ts`), and by each queue's settings.
const MiB = 1024 * 1024;

export const queueLimits = {
  /** Submissions that wait for room in full queues, and their bytes. Full: `queue_full`, at once. */
  submissionsBlockedMax: 1_000,
  submissionsBlockedBytesMax: 256 * MiB,
  /** Refusals of which it is known which queue was full. More: the oldest is forgotten, and who was refused
   *  hears the usual time to come again. */
  refusalsKeptMax: 1_000,
  /** Kinds of work that nobody can run and that statistics tell of. More: the first of them. */
  unrunnableToldMax: 64,
} as const;
