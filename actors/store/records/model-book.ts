// Models, and where their versions stand.
import Type from "typebox";
import { storeLimits } from "#protocols/store-limits.ts";
import {
  type ModelRecords,
  ModelState,
  type ModelVersion,
  modelMoves,
} from "#protocols/tasks/model-records.ts";
import { checkJsonObject } from "./json-document.ts";
import { integer, json, orNull, real, text, word } from "./record-column.ts";
import type { Performers } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

export const modelTable = recordTable({
  name: "models",
  columns: {
    name: text("name"),
    config: text("config"),
    versionPolicy: text("version_policy"),
    aliases: json("aliases", Type.Record(Type.String(), Type.Integer())),
    updatedAt: integer("updated_at"),
  },
  key: ["name"],
  indexes: {},
});

export const modelVersionTable = recordTable({
  name: "model_versions",
  columns: {
    name: text("name"),
    version: integer("version"),
    sha256: text("sha256"),
    bytes: orNull(integer("bytes")),
    path: text("path"),
    state: word("state", ModelState),
    reason: orNull(text("reason")),
    warmupMs: orNull(real("warmup_ms")),
    loadedAt: orNull(integer("loaded_at")),
    unloadedAt: orNull(integer("unloaded_at")),
  },
  key: ["name", "version"],
  indexes: {},
});

const modelCount = countNames.models;
const atRest: readonly ModelState[] = ["unknown", "unavailable"];
const allVersions = { limit: storeLimits.modelVersionsMax } as const;

export const modelBook: Performers<ModelRecords> = {
  putModel({ records, nowMs }, terms) {
    checkJsonObject(terms.config, `the configuration of model ${terms.name}`);
    const former = records.get(modelTable, [terms.name]);
    if (!former && numberOf(records, modelCount) >= storeLimits.modelsMax) {
      return { kind: "full", limit: storeLimits.modelsMax };
    }
    const { name, config, versionPolicy, aliases } = terms;
    records.put(modelTable, { name, config, versionPolicy, aliases, updatedAt: nowMs }, former);
    if (!former) moveNumber(records, modelCount, 1);
    return { kind: "saved" };
  },

  dropModel({ records }, name) {
    const former = records.get(modelTable, [name]);
    if (!former) return { kind: "not_found" };
    const versions = records.scan(modelVersionTable, "key", { ...allVersions, equal: [name] });
    if (versions.some(({ state }) => !atRest.includes(state))) return { kind: "loaded" };
    for (const version of versions) records.drop(modelVersionTable, version);
    records.drop(modelTable, former);
    moveNumber(records, modelCount, -1);
    return { kind: "removed" };
  },

  model({ records }, name) {
    return records.get(modelTable, [name]) ?? null;
  },

  models({ records }, limit) {
    return records.scan(modelTable, "key", { limit });
  },

  putModelVersion({ records }, { name, version, sha256, bytes, path }) {
    if (!records.get(modelTable, [name])) return { kind: "not_found" };
    const former = records.get(modelVersionTable, [name, version]);
    const terms = { name, version, sha256, bytes, path };
    if (former) {
      if (former.sha256 !== sha256) return { kind: "conflict" };
      records.put(modelVersionTable, { ...former, ...terms }, former);
      return { kind: "saved" };
    }
    const known = records.scan(modelVersionTable, "key", { ...allVersions, equal: [name] });
    if (known.length >= storeLimits.modelVersionsMax) {
      return { kind: "full", limit: storeLimits.modelVersionsMax };
    }
    const fresh = { reason: null, warmupMs: null, loadedAt: null, unloadedAt: null };
    records.put(modelVersionTable, { ...terms, state: "unknown", ...fresh }, undefined);
    return { kind: "saved" };
  },

  setModelState({ records, nowMs }, { name, version, state, reason, warmupMs }) {
    const former = records.get(modelVersionTable, [name, version]);
    if (!former) return { kind: "not_found" };
    if (!modelMoves[former.state].includes(state)) {
      return { kind: "illegal", from: former.state };
    }
    const row: ModelVersion = {
      ...former,
      state,
      reason: reason ?? null,
      warmupMs: warmupMs ?? former.warmupMs,
      loadedAt: state === "ready" ? nowMs : former.loadedAt,
      unloadedAt: state === "unavailable" ? nowMs : former.unloadedAt,
    };
    records.put(modelVersionTable, row, former);
    return { kind: "set", former: former.state };
  },

  modelVersions({ records }, { name, limit }) {
    const range = { equal: [name], order: "down", limit } as const;
    return records.scan(modelVersionTable, "key", range);
  },
};
