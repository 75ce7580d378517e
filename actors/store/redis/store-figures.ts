// What the Redis back end counts of itself, for metrics.

export interface StoreFigures {
  commandsTotal: number;
  /** Refused because too much waited. */
  fullTotal: number;
  /** Commits that were done; each has one or more commands. */
  commitsTotal: number;
  /** Commits that were decided anew because others had committed. */
  refusedTotal: number;
  /** Round trips that read. */
  fetchesTotal: number;
  /** Connections that broke, or did not answer. */
  troublesTotal: number;
  /** Indexes that named a task which is missing or damaged beyond recognition. */
  unreadableTotal: number;
}

export const newStoreFigures = (): StoreFigures => ({
  commandsTotal: 0,
  fullTotal: 0,
  commitsTotal: 0,
  refusedTotal: 0,
  fetchesTotal: 0,
  troublesTotal: 0,
  unreadableTotal: 0,
});
