// What the cluster must remember beside its tasks, as a protocol: nodes and skills, configuration,
// control commands, alerts, metrics, models, API keys and the audit log. It holds to the same promises
// as `TaskStore`: every call is atomic, its answer means that the change is kept, and what a caller must
// decide about is a value of a closed set.
import Type from "typebox";
import { ask, protocol } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import { type AlertRecords, alertRecordKinds, alertRecordSchemas } from "./alert-records.ts";
import { type ConfigRecords, configRecordKinds, configRecordSchemas } from "./config-records.ts";
import {
  type ControlRecords,
  controlRecordKinds,
  controlRecordSchemas,
} from "./control-records.ts";
import { type ErrorRecords, errorRecordKinds, errorRecordSchemas } from "./error-records.ts";
import { type KeyRecords, keyRecordKinds, keyRecordSchemas } from "./key-records.ts";
import { type MetricRecords, metricRecordKinds, metricRecordSchemas } from "./metric-records.ts";
import { type ModelRecords, modelRecordKinds, modelRecordSchemas } from "./model-records.ts";
import { type NodeRecords, nodeRecordKinds, nodeRecordSchemas } from "./node-records.ts";

export interface RecordSweep {
  /** Nodes whose lease is over, or who were silent for too long since. */
  readonly suspect: readonly string[];
  readonly offline: readonly string[];
  /** Nodes whose quarantine is over. */
  readonly released: readonly string[];
  /** Control commands past their deadline. */
  readonly timedOut: readonly string[];
  /** Rows whose time was over. */
  readonly purged: number;
  /** Ended control commands, without those that only look: kept, and forgotten so far to make room. */
  readonly controls: { readonly kept: number; readonly forgotten: number };
  /** When the next sweep can find more than old rows; null: not before a change. */
  readonly nextAt: number | null;
}

/** How far one bound of what is remembered is used. */
export interface RecordLevel {
  /** As `store-limits.ts`, or `limits.ts`, calls it. */
  readonly bound: string;
  readonly max: number;
  readonly level: number;
  /** What was forgotten to make room, ever; 0 where newcomers are refused instead. */
  readonly gaveWay: number;
}

export interface ClusterRecords
  extends NodeRecords,
    ConfigRecords,
    ControlRecords,
    AlertRecords,
    MetricRecords,
    ModelRecords,
    KeyRecords,
    ErrorRecords {
  /** Does what time demands, at most `limit` of each kind, so that one commit stays short. */
  sweepRecords(limit: number): RecordSweep;
  /** Of every bound whose rows, or bytes, are counted. */
  recordLevels(): readonly RecordLevel[];
}

export const ClusterRecords = protocol<ClusterRecords>("tasks.Records@1", {
  ...nodeRecordKinds,
  ...configRecordKinds,
  ...controlRecordKinds,
  ...alertRecordKinds,
  ...metricRecordKinds,
  ...modelRecordKinds,
  ...keyRecordKinds,
  ...errorRecordKinds,
  sweepRecords: ask,
  recordLevels: ask,
}).checked({
  ...nodeRecordSchemas,
  ...configRecordSchemas,
  ...controlRecordSchemas,
  ...alertRecordSchemas,
  ...metricRecordSchemas,
  ...modelRecordSchemas,
  ...keyRecordSchemas,
  ...errorRecordSchemas,
  sweepRecords: [Type.Integer({ minimum: 1, maximum: storeLimits.recordPageMax })],
  recordLevels: [],
});
