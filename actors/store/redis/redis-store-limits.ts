// The bounds of the Redis back end, each with its answer to "and when full?".

const KiB = 1024;
const MiB = 1024 * KiB;

export const redisStoreLimits = {
  /** Commands of one commit. More: the others go into the next one. */
  batchCommandsMax: 256,
  /** Bytes of files in the commands of one commit, beyond its first. More: as above. */
  batchBytesMax: 8 * MiB,
  /** Changes after which a commit is closed, so that its script stays under ten milliseconds. */
  batchChangesTarget: 4_000,
  /** Commands that wait for their batch. Full: the next one fails with `mailbox_full`. */
  waitingCommandsMax: 10_000,
  /** Bytes of files in commands that wait. Full: as above. */
  waitingBytesMax: 256 * MiB,
  /** Reads that are answered together. More: they wait for the next round. */
  readsTogetherMax: 64,
  /** Times that a batch is decided anew because others wrote meanwhile. Over: `unavailable`. */
  refusalsMax: 32,
  /** Milliseconds that a call waits for Redis, all attempts together. Over: `unavailable`, or
   *  `unknown_outcome` when a commit was sent and not answered. */
  withinMsDefault: 5_000,
  /** Milliseconds until a command that is not answered has failed, and its connection with it. */
  commandMsMax: 2_000,
  /** Milliseconds between attempts to connect. */
  reconnectMsMax: 250,
  /** Milliseconds between looks at how durable the server is. */
  healthMs: 5_000,
  /** Milliseconds that replicas may take to have what was acknowledged as `replicated`. */
  replicaMsMax: 1_000,
  /** Milliseconds for which a writer that was refused often keeps the others out. */
  turnMs: 250,
  /** What is remembered of what was read and written. Full: what was used least recently goes. */
  cacheEntriesMax: 50_000,
  cacheBytesMax: 64 * MiB,
  /** Entries of one index that are remembered. Full: the last ones are forgotten. */
  windowEntriesMax: 2_048,
  /** Entries of an index that are fetched at least, when some are. */
  windowFetchMin: 64,
  /** Larger byte strings are stored in chunks of their own. */
  inlineBytesMax: 4 * KiB,
  chunkBytes: 256 * KiB,
  /** Bytes that are uploaded, or fetched, before the next ones are sent. */
  sliceBytes: 4 * MiB,
  /** Milliseconds after which chunks vanish that no commit has taken up. */
  chunkHoldMs: 600_000,
  /** Milliseconds for which Redis knows the last commit of a writer. */
  writerMarkMs: 86_400_000,
} as const;
