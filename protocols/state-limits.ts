// The bounds of what the StateManager keeps in memory, with their units. Each names its answer to "and
// when full?"; how near they are shows in its statistics and in the node's metrics.

export const stateLimits = {
  /** Tasks in the cache. Full: ended ones leave first, then whoever was asked for longest ago. */
  tasksCachedMax: 20_000,
  /** Milliseconds that a cached task is kept without being asked for; an ended one only so long at all. */
  taskCachedMs: 600_000,
  endedCachedMs: 10_000,
  /** Milliseconds that an answer may be behind where the reader says nothing. */
  readAgeMsDefault: 1_000,
  /** Tasks read or changed by one message. More: `invalid`. */
  batchItemsMax: 256,
  /** Subscribers. Full: a further one is refused with `mailbox_full`. */
  subscribersMax: 2_000,
  /** Channels of one subscriber. Full: a further one is refused with `mailbox_full`. */
  channelsEachMax: 1_000,
  /** Notices that wait for one subscriber. Full: what waits is dropped, and the subscriber is told of
   *  each channel that it has a gap, from where it can resume. */
  noticesWaitingMax: 2_000,
  /** Notices of one message to a subscriber. The others follow when it has answered. */
  noticesEachMax: 200,
  /** Milliseconds until a subscriber must have answered. Over: its channels have a gap. */
  notifyWithinMs: 10_000,
  /** Messages in a row that a subscriber may leave unanswered. One more: its subscriptions end. */
  notifyFailuresMax: 3,
  /** Events that one `resume` makes up for, at most and by default. More: `limit`, with a snapshot. */
  resumeEventsMax: 1_000,
  resumeEventsDefault: 300,
  /** Tasks whose progress is looked at within a second. More: the next ones in the second that follows. */
  progressWatchedMax: 256,
  /** Snapshots that are held for further pages. Full: the oldest is forgotten, its pages are `not_found`. */
  snapshotsHeldMax: 4,
  /** Milliseconds that a snapshot is held. Over: its pages are `not_found`. */
  snapshotHeldMs: 60_000,
  /** Tasks of one page of a snapshot. */
  snapshotPageMax: 500,
  /** Living tasks of a snapshot. More: it fails with `too_large`; list them by status instead. */
  snapshotTasksMax: 50_000,
  /** Attempts to find one moment for all of a snapshot. More: it fails with `unavailable`. */
  snapshotRoundsMax: 8,
  /** Events that the mirror may be behind. More: it is written anew as a whole. */
  mirrorBehindMax: 20_000,
  /** Milliseconds until the mirror's writer looks whether its nodes, queues and counts still stand there as they were
   *  written, a quarter more or less. They do not: it is written anew as a whole. */
  mirrorCheckEveryMs: 30_000,
  /** Milliseconds that the mirror's server may take to answer. Over: it counts as away. */
  mirrorCommandMsMax: 1_000,
  /** Milliseconds that an ended task stays in the mirror. Over: the server forgets it. */
  mirrorEndedTtlMs: 3_600_000,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [stateLimits.resumeEventsDefault <= stateLimits.resumeEventsMax, "the default may be asked for"],
  [
    stateLimits.resumeEventsMax < stateLimits.noticesWaitingMax,
    "what one resume makes up for can wait",
  ],
  [
    stateLimits.noticesEachMax < stateLimits.noticesWaitingMax,
    "a message holds part of what waits",
  ],
];
for (const [holds, statement] of relations) {
  if (!holds) throw new Error(`state-limits.ts contradicts itself: it must hold that ${statement}`);
}
