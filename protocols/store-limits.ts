// The limits of the task store and of what the cluster remembers beside tasks, with their units. Each
// bound names its answer to "and when full?".

const KiB = 1024;
const MiB = 1024 * KiB;

export const storeLimits = {
  /** Milliseconds that a store's time may be ahead of its machine's clock. More: its time passes at half
   *  the speed, and an alert is open; what is left then is caught up by a time that is a tenth slower. */
  clockAheadMsMax: 60_000,
  /** Milliseconds by which a clock may leap ahead at once, as it does behind a sleep. More: the leap is
   *  believed when it has lasted for so many milliseconds. */
  clockLeapMsMax: 24 * 3_600_000,
  clockLeapBelievedMs: 60_000,
  /** Tasks that a queue's settings may let wait. More: the settings are refused with `invalid`. */
  queuePendingSettingMax: 10_000_000,
  /** Queues of one store. Full: a further one is refused with `invalid`. */
  queuesMax: 1_024,
  /** Tasks past their deadline that one claim ends on its way. More: the sweep does. */
  claimOverdueMax: 64,
  /** Tasks that one claim leaves to other nodes on its way. More: it gets nothing behind them. */
  claimPassedMax: 256,
  /** Kinds of other workers that a claim names. More: the first so many, by what they can run. */
  claimOthersMax: 32,
  /** Milliseconds since it became ready for which a task is left to a free worker that has what it wishes for. */
  claimWishMsMax: 100,
  /** Tasks of one kind that a claim looks at where users have rates; and the most, while all of them are
   *  of users that may have no more. Beyond: they wait for the next. */
  claimLookaheadMax: 256,
  claimLookaheadHeldMax: 2_048,
  /** Fair keys that a user begins ahead of its own turn. More: they begin where that is, less so many turns. */
  fairKeysAheadMax: 16,
  /** New fair keys of a user that stand behind one another. More: they stand in the user's own flow. */
  fairKeysBegunMax: 1_000,
  /** Users whom a queue's settings weigh, and how much one weighs. More: the settings are refused with
   *  `invalid`. */
  fairWeightsMax: 256,
  fairWeightMin: 0.01,
  fairWeightMax: 100,
  /** Milliseconds for which a flow that is past is known. Over: the sweep forgets it. */
  fairFlowKeptMs: 3_600_000,
  /** Milliseconds after its cancellation that a running task's lease is renewed. Over: it is not, and
   *  with its end the task ends as cancelled. */
  cancelGraceMs: 5_000,
  /** Leases in one heartbeat or release. More: `invalid`. */
  leasesReportedMax: 10_000,
  /** Questions of one task. More: `invalid`; it has to end, and a new one to go on. */
  taskConfirmationsMax: 64,
  /** Bytes of a checkpoint. Larger: the handler that reports it fails with `too_large`, and it is counted;
   *  the store answers `invalid`. */
  checkpointBytesMax: 32 * MiB,
  /** Bytes of a task's parameters, names and texts together, and of a result's figures. More: `invalid`. */
  parametersBytesMax: 256 * KiB,
  /** Characters of what a handler says of its progress. More: as `checkpointBytesMax`. */
  progressMessageLengthMax: 1_024,
  /** Tasks, confirmations or events of one page. More: `invalid`; read on from where it ended. */
  storePageMax: 1_000,
  /** Events kept of one channel. Full: the sweep forgets the oldest, and readers learn it. */
  channelEventsMax: 1_000,
  /** Events of one append. More: `invalid`. */
  eventsAppendedMax: 256,
  /** Tasks that one list of the repository holds. More: it fails with `too_large`. */
  repositoryRowsMax: 100_000,
  /** Records that one question is answered with. More asked for: `invalid`. */
  recordPageMax: 1_000,
  /** Milliseconds after its node lease ended until a suspect node counts as offline. */
  nodeOfflineAfterMs: 15_000,
  /** Failed tasks in a row after which a node is put in quarantine. */
  nodeFailuresMax: 5,
  /** Milliseconds of a quarantine: the first, doubled by each further failure up to the longest. */
  nodeQuarantineMsMin: 30_000,
  nodeQuarantineMsMax: 3_600_000,
  /** Skills of one node: what its capability says and what its settings do. More: `invalid`. */
  nodeSkillsMax: 128,
  /** Known skills. Full: a further one is answered `full`. */
  skillsMax: 1_000,
  /** Characters of one configuration document. Longer: `invalid`. */
  configDocumentLengthMax: 64 * KiB,
  /** Versions kept of one layer and scope. Full: the oldest that is not active is forgotten. */
  configVersionsMax: 200,
  /** Control commands that have not ended. Full: a further one is answered `full`. */
  controlsOpenMax: 10_000,
  /** Milliseconds that an ended control command is kept. Over: the next sweep forgets it. */
  controlTtlMs: 30 * 24 * 3_600_000,
  /** Ended control commands that are kept. Full: the oldest is forgotten, and counted; its id is a new one. */
  controlsKeptMax: 50_000,
  /** The same of those that only look, besides: however many look, what takes effect once stays known. */
  controlReadsKeptMax: 5_000,
  /** Rules of alerts. Full: a further one is answered `full`. */
  alertRulesMax: 1_000,
  /** Open alerts. Full: a further one is answered `full`; open ones are still refreshed. */
  alertsOpenMax: 10_000,
  /** Milliseconds that a resolved alert is kept. Over: the next sweep forgets it. */
  alertTtlMs: 90 * 24 * 3_600_000,
  /** Groups of like failures. Full: the rarest and longest unseen one gives way, and is counted. */
  errorGroupsMax: 256,
  /** Groups of failures that have an open alert. Full: further ones are listed, but alert nobody. */
  errorAlertsMax: 100,
  /** Poison tasks that are listed. More: the oldest are forgotten; the tasks stay failed. */
  poisonTasksMax: 256,
  /** Bytes of inputs that failed tasks keep, so that they can be tried again. Full: those of the task
   *  that failed first are forgotten, and it can be submitted anew only. */
  keptInputBytesMax: 256 * MiB,
  /** Ids of forgotten tasks that are known, so that who asks hears `gone`. Full: the oldest are forgotten,
   *  and counted; who asks for those hears `not_found`. */
  tombstonesMax: 1_000_000,
  /** Points of one report of metrics. More: `invalid`. */
  metricPointsMax: 1_000,
  /** Bytes of the histogram of one point. More: `invalid`. */
  metricHistogramBytesMax: 1 * KiB,
  /** Milliseconds that points are kept, by resolution. Over: the next sweep forgets them. */
  metricRawTtlMs: 24 * 3_600_000,
  metricMinuteTtlMs: 14 * 24 * 3_600_000,
  metricHourTtlMs: 400 * 24 * 3_600_000,
  /** Milliseconds by which a point may be older than now, or ahead. Over: it is dropped, and counted
   *  in the answer. */
  metricAgeMsMax: 3_600_000,
  metricAheadMsMax: 60_000,
  /** API keys. Full: a further one is answered `full`. */
  keysMax: 100_000,
  /** Milliseconds in which the use of an API key is noted at most once. */
  keyUseNotedMs: 60_000,
  /** Models, and versions of one. Full: a further one is answered `full`. */
  modelsMax: 1_000,
  modelVersionsMax: 1_000,
  /** Milliseconds that an entry of the audit log is kept. Over: the next sweep forgets it. */
  auditTtlMs: 400 * 24 * 3_600_000,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [
    storeLimits.nodeQuarantineMsMin <= storeLimits.nodeQuarantineMsMax,
    "a quarantine does not shrink",
  ],
  [
    storeLimits.metricAgeMsMax < storeLimits.metricRawTtlMs,
    "a point that is taken is kept for a while",
  ],
];
for (const [holds, statement] of relations) {
  if (!holds) throw new Error(`store-limits.ts contradicts itself: it must hold that ${statement}`);
}
