// Does a command at the cluster's records. Pure: what it decides depends on the shelf and the time.
import { Failure } from "#protocols/failure.ts";
import { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import { alertBook } from "./alert-book.ts";
import { configBook } from "./config-book.ts";
import { controlBook } from "./control-book.ts";
import { keyBook } from "./key-book.ts";
import { metricBook } from "./metric-book.ts";
import { modelBook } from "./model-book.ts";
import { nodeBook } from "./node-book.ts";
import { nodeLife } from "./node-life.ts";
import type {
  Performers,
  RecordCommand,
  RecordContext,
  RecordMethod,
  RecordValue,
} from "./record-command.ts";
import { recordUpkeep } from "./record-upkeep.ts";
import { skillBook } from "./skill-book.ts";

const performers: Performers<ClusterRecords> = {
  ...nodeBook,
  ...nodeLife,
  ...skillBook,
  ...configBook,
  ...controlBook,
  ...alertBook,
  ...metricBook,
  ...modelBook,
  ...keyBook,
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
  "controlsOfNode",
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
  "checkRecords",
]);

export const isRecordMethod = (method: string): method is RecordMethod =>
  ClusterRecords.methods.has(method);

export const isRecordWrite = (method: RecordMethod): boolean => !reads.has(method);

/**
 * The command's answer. Fails with `invalid` for arguments that do not fit, `corrupt` for damaged rows;
 * then whoever opened the transaction undoes what was written.
 */
export function performRecords<M extends RecordMethod>(
  context: RecordContext,
  command: RecordCommand<M>,
): RecordValue<M> {
  const wrong = ClusterRecords.methods.get(command.method)?.refuse(command.args);
  if (wrong !== undefined) throw new Failure("invalid", `${command.method}: ${wrong}; correct it`);
  return performers[command.method](context, command.args);
}
