// How near the bounds of what the cluster remembers are, for metrics: counts that are kept anyway, so that
// nothing is read row by row for it.
import { limits } from "#protocols/limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { ClusterRecords, RecordLevel } from "#protocols/tasks/cluster-records.ts";
import type { Performers } from "./record-command.ts";
import { countNames, numberOf } from "./record-numbers.ts";

interface BoundedCount {
  readonly bound: string;
  readonly max: number;
  readonly count: string;
  /** A count of what gave way; left out: whoever comes when it is full is refused. */
  readonly gaveWay?: string;
}

const ofStore = (
  bound: keyof typeof storeLimits,
  count: string,
  gaveWay: Pick<BoundedCount, "gaveWay"> = {},
): BoundedCount => ({ bound, max: storeLimits[bound], count, ...gaveWay });

const bounded: readonly BoundedCount[] = [
  { bound: "nodesKnownMax", max: limits.nodesKnownMax, count: countNames.nodes },
  ofStore("skillsMax", countNames.skills),
  ofStore("controlsOpenMax", countNames.controlsOpen),
  ofStore("controlsKeptMax", countNames.controlsEnded, { gaveWay: countNames.controlsForgotten }),
  ofStore("controlReadsKeptMax", countNames.controlReadsEnded, {
    gaveWay: countNames.controlReadsForgotten,
  }),
  ofStore("alertRulesMax", countNames.alertRules),
  ofStore("alertsOpenMax", countNames.alertsOpen),
  ofStore("errorGroupsMax", countNames.errorGroups),
  ofStore("poisonTasksMax", countNames.poisonTasks),
  ofStore("keptInputBytesMax", countNames.keptInputBytes),
  ofStore("tombstonesMax", countNames.tombstones, { gaveWay: countNames.tombstonesForgotten }),
  ofStore("keysMax", countNames.keys),
  ofStore("modelsMax", countNames.models),
];

export const recordLevels: Performers<Pick<ClusterRecords, "recordLevels">> = {
  recordLevels: ({ records }): readonly RecordLevel[] =>
    bounded.map(({ bound, max, count, gaveWay }) => ({
      ...{ bound, max, level: numberOf(records, count) },
      gaveWay: gaveWay === undefined ? 0 : numberOf(records, gaveWay),
    })),
};
