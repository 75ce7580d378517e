// Versions of the configuration: appended, activated by comparison, never changed.
import { createHash } from "node:crypto";
import { storeLimits } from "#protocols/store-limits.ts";
import {
  type ConfigRecords,
  ConfigStatus,
  type ConfigVersion,
} from "#protocols/tasks/config-records.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { checkJsonObject } from "./json-document.ts";
import { integer, orNull, text, word } from "./record-column.ts";
import type { Performers, RecordContext } from "./record-command.ts";
import { moveNumber } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

export const configTable = recordTable({
  name: "config_versions",
  columns: {
    version: integer("version"),
    layer: text("layer"),
    scope: text("scope"),
    document: text("document"),
    sha256: text("sha256"),
    author: orNull(text("author")),
    comment: orNull(text("comment")),
    rollbackOf: orNull(integer("rollback_of")),
    createdAt: integer("created_at"),
    activatedAt: orNull(integer("activated_at")),
    status: word("status", ConfigStatus),
  },
  key: ["version"],
  indexes: {
    place: { on: ["layer", "scope"] },
    active: {
      on: ["layer", "scope"],
      where: ["status", { text: "active" }],
      isUnique: true,
    },
  },
});

const scopeDefault = "cluster";

export const configBook: Performers<ConfigRecords> = {
  draftConfig(context, { layer, scope = scopeDefault, document, author, comment }) {
    checkJsonObject(document, `the configuration of ${layer}`);
    const version = append(context, {
      layer,
      scope,
      document,
      sha256: createHash("sha256").update(document).digest("hex"),
      author: author ?? null,
      comment: comment ?? null,
      rollbackOf: null,
      activatedAt: null,
      status: "draft",
    });
    return { kind: "drafted", version };
  },

  activateConfig(context, { version, expected }) {
    const { records, nowMs } = context;
    const draft = records.get(configTable, [version]);
    if (!draft) return { kind: "not_found" };
    if (draft.status !== "draft") return { kind: "not_draft", status: draft.status };
    const active = activeIn(records, draft);
    if ((active?.version ?? null) !== expected) {
      return { kind: "conflict", active: active?.version ?? null };
    }
    supersede(records, active);
    records.put(configTable, { ...draft, status: "active", activatedAt: nowMs }, draft);
    return { kind: "activated", version, superseded: active?.version ?? null };
  },

  rollbackConfig(context, { to, expected, author, comment }) {
    const { records, nowMs } = context;
    const target = records.get(configTable, [to]);
    if (!target) return { kind: "not_found" };
    if (target.activatedAt === null) return { kind: "never_active" };
    const active = activeIn(records, target);
    if ((active?.version ?? null) !== expected) {
      return { kind: "conflict", active: active?.version ?? null };
    }
    supersede(records, active);
    const version = append(context, {
      ...target,
      author: author ?? null,
      comment: comment ?? null,
      rollbackOf: to,
      activatedAt: nowMs,
      status: "active",
    });
    return { kind: "activated", version, superseded: active?.version ?? null };
  },

  rejectConfig({ records }, { version, comment }) {
    const draft = records.get(configTable, [version]);
    if (!draft) return { kind: "not_found" };
    if (draft.status !== "draft") return { kind: "not_draft", status: draft.status };
    const row: ConfigVersion = { ...draft, status: "rejected", comment: comment ?? draft.comment };
    records.put(configTable, row, draft);
    return { kind: "rejected" };
  },

  activeConfig({ records }, { layer, scope = scopeDefault }) {
    return activeIn(records, { layer, scope }) ?? null;
  },

  configVersion({ records }, version) {
    return records.get(configTable, [version]) ?? null;
  },

  configHistory({ records }, { layer, scope = scopeDefault, before, limit }) {
    const rows = records.scan(configTable, "place", {
      equal: [layer, scope],
      order: "down",
      limit,
      ...(before === undefined ? {} : { before }),
    });
    return rows.map(({ document: _, ...summary }) => summary);
  },
};

const activeIn = (
  records: RecordShelf,
  { layer, scope }: { readonly layer: string; readonly scope: string },
): ConfigVersion | undefined =>
  records.scan(configTable, "active", { equal: [layer, scope], limit: 1 })[0];

function supersede(records: RecordShelf, active: ConfigVersion | undefined): void {
  if (active) records.put(configTable, { ...active, status: "superseded" }, active);
}

function append(
  { records, nowMs }: RecordContext,
  made: Omit<ConfigVersion, "version" | "createdAt">,
): number {
  const count = `config_versions ${JSON.stringify([made.layer, made.scope])}`;
  if (moveNumber(records, count, 1) > storeLimits.configVersionsMax) {
    forgetOldest(records, made);
    moveNumber(records, count, -1);
  }
  const version = moveNumber(records, "config_version", 1);
  records.put(configTable, { ...made, version, createdAt: nowMs }, undefined);
  return version;
}

/** One of the oldest two is not active. */
function forgetOldest(
  records: RecordShelf,
  { layer, scope }: { readonly layer: string; readonly scope: string },
): void {
  const oldest = records.scan(configTable, "place", { equal: [layer, scope], limit: 2 });
  const forgotten = oldest.find(({ status }) => status !== "active");
  if (forgotten) records.drop(configTable, forgotten);
}
