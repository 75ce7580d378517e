import { storeLimits } from "#protocols/store-limits.ts";
import type { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { alertRuleTable, alertTable } from "./alert-book.ts";
import { configTable } from "./config-book.ts";
import {
  controlsKept,
  forgetEndedControls,
  nextControlDeadline,
  timeOutControls,
} from "./control-book.ts";
import { controlReadTable, controlTable } from "./control-tables.ts";
import { errorGroupTable, poisonTable } from "./error-book.ts";
import { keptInputTable } from "./kept-inputs.ts";
import { auditTable, keyTable } from "./key-book.ts";
import { metricRawTable, metricRollupTable, trimMetrics } from "./metric-book.ts";
import { modelTable, modelVersionTable } from "./model-book.ts";
import { nextNodeMoveAt, sweepNodes } from "./node-life.ts";
import { nodeHoldTable, nodeSkillTable, nodeTable, skillTable } from "./node-tables.ts";
import type { Performers } from "./record-command.ts";
import { numberTable } from "./record-numbers.ts";

/** Every table of records. */
export const recordTables = [
  numberTable,
  nodeTable,
  nodeHoldTable,
  nodeSkillTable,
  skillTable,
  configTable,
  controlTable,
  controlReadTable,
  alertRuleTable,
  alertTable,
  metricRawTable,
  metricRollupTable,
  keyTable,
  auditTable,
  modelTable,
  modelVersionTable,
  errorGroupTable,
  poisonTable,
  keptInputTable,
] as const;

export const recordUpkeep: Performers<Pick<ClusterRecords, "sweepRecords">> = {
  sweepRecords(context, limit) {
    const nodes = sweepNodes(context, limit);
    const timedOut = timeOutControls(context, limit);
    const purged = purge(context.records, context.nowMs, limit);
    const times = [nextNodeMoveAt(context), nextControlDeadline(context.records)];
    const known = times.filter((at) => at !== null);
    const controls = controlsKept(context.records);
    const nextAt = known.length > 0 ? Math.min(...known) : null;
    return { ...nodes, timedOut, purged, controls, nextAt };
  },
};

/** What is wrong with rows that are damaged; reads them all. */
export const damagedRecords = (records: RecordShelf): readonly string[] =>
  recordTables.flatMap((table) => records.check<object>(table));

function purge(records: RecordShelf, nowMs: number, limit: number): number {
  const before = (ttlMs: number) => ({ before: nowMs - ttlMs, limit });
  return (
    trimMetrics(records, nowMs, limit) +
    forgetEndedControls(records, before(storeLimits.controlTtlMs)) +
    records.trim(alertTable, "resolved", before(storeLimits.alertTtlMs)) +
    records.trim(auditTable, "at", before(storeLimits.auditTtlMs))
  );
}
