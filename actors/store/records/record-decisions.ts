// The meaning of every call at the cluster's records: pure decisions over a shelf and a time.
import { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import { alertBook } from "./alert-book.ts";
import { configBook } from "./config-book.ts";
import { controlBook } from "./control-book.ts";
import { errorBook } from "./error-book.ts";
import { keyBook } from "./key-book.ts";
import { metricBook } from "./metric-book.ts";
import { modelBook } from "./model-book.ts";
import { nodeBook } from "./node-book.ts";
import { nodeHolding } from "./node-holding.ts";
import { nodeLife } from "./node-life.ts";
import type { Performers, RecordMethod } from "./record-command.ts";
import { recordLevels } from "./record-levels.ts";
import { recordUpkeep } from "./record-upkeep.ts";
import { skillBook } from "./skill-book.ts";

export const recordDecisions: Performers<ClusterRecords> = {
  ...nodeBook,
  ...nodeLife,
  ...nodeHolding,
  ...skillBook,
  ...configBook,
  ...controlBook,
  ...alertBook,
  ...metricBook,
  ...modelBook,
  ...keyBook,
  ...errorBook,
  ...recordLevels,
  ...recordUpkeep,
};

const reads: ReadonlySet<string> = new Set<RecordMethod>([
  "node",
  "nodes",
  "onlineNodes",
  "availableNodes",
  "unresponsiveNodes",
  "nodesBySkill",
  "skills",
  "activeConfig",
  "configVersion",
  "configHistory",
  "control",
  "openControls",
  "controlsIssued",
  "alertRules",
  "openAlerts",
  "alerts",
  "metrics",
  "metricSeries",
  "keys",
  "audit",
  "model",
  "models",
  "modelVersions",
  "keptErrors",
  "recordLevels",
]);

/** Whether the method may change rows. */
export const isRecordWrite = (method: string): boolean =>
  ClusterRecords.methods.has(method) && !reads.has(method);
