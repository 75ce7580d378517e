// API keys, by their hashes, and the audit log.
import Type from "typebox";
import { storeLimits } from "#protocols/store-limits.ts";
import { type ApiKey, KeyRateLimit, type KeyRecords } from "#protocols/tasks/key-records.ts";
import { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { integer, json, orNull, text } from "./record-column.ts";
import type { Performers } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";
import { type RowOf, recordTable } from "./record-table.ts";

export const keyTable = recordTable({
  name: "api_keys",
  columns: {
    keyId: text("key_id"),
    hash: text("key_hash"),
    owner: text("owner"),
    scopes: json("scopes", Type.Array(Type.String())),
    rateLimit: orNull(json("rate_limit", KeyRateLimit)),
    createdAt: integer("created_at"),
    expiresAt: orNull(integer("expires_at")),
    revokedAt: orNull(integer("revoked_at")),
    lastUsedAt: orNull(integer("last_used_at")),
  },
  key: ["keyId"],
  indexes: { hash: { on: ["hash"], isUnique: true }, owner: { on: ["owner"] } },
});
type KeyRow = RowOf<typeof keyTable>;

export const auditTable = recordTable({
  name: "audit_log",
  columns: {
    auditId: integer("audit_id"),
    at: integer("at"),
    actor: orNull(text("actor")),
    action: text("action"),
    target: orNull(text("target")),
    details: orNull(json("details", TaskParameters)),
  },
  key: ["auditId"],
  indexes: {
    actor: { on: ["actor"], where: ["actor", "not null"] },
    at: { on: ["at"] },
  },
});

const keyCount = countNames.keys;

export const keyBook: Performers<KeyRecords> = {
  createKey({ records, nowMs }, terms) {
    const sameHash = { equal: [terms.hash], limit: 1 };
    const isTaken =
      records.get(keyTable, [terms.keyId]) !== undefined ||
      records.scan(keyTable, "hash", sameHash).length > 0;
    if (isTaken) return { kind: "taken" };
    if (numberOf(records, keyCount) >= storeLimits.keysMax) {
      return { kind: "full", limit: storeLimits.keysMax };
    }
    const row: KeyRow = {
      keyId: terms.keyId,
      hash: terms.hash,
      owner: terms.owner,
      scopes: [...terms.scopes],
      rateLimit: terms.rateLimit ?? null,
      createdAt: nowMs,
      expiresAt: terms.expiresAt ?? null,
      revokedAt: null,
      lastUsedAt: null,
    };
    records.put(keyTable, row, undefined);
    moveNumber(records, keyCount, 1);
    return { kind: "saved" };
  },

  verifyKey({ records, nowMs }, hash) {
    const [key] = records.scan(keyTable, "hash", { equal: [hash], limit: 1 });
    if (!key) return { kind: "unknown" };
    if (key.revokedAt !== null) return { kind: "revoked", keyId: key.keyId };
    if (key.expiresAt !== null && key.expiresAt <= nowMs) {
      return { kind: "expired", keyId: key.keyId };
    }
    if (key.lastUsedAt !== null && nowMs - key.lastUsedAt < storeLimits.keyUseNotedMs) {
      return { kind: "valid", key: shownKey(key) };
    }
    const used = { ...key, lastUsedAt: nowMs };
    records.put(keyTable, used, key);
    return { kind: "valid", key: shownKey(used) };
  },

  revokeKey({ records, nowMs }, keyId) {
    const former = records.get(keyTable, [keyId]);
    if (!former) return { kind: "not_found" };
    if (former.revokedAt !== null) return { kind: "already" };
    records.put(keyTable, { ...former, revokedAt: nowMs }, former);
    return { kind: "revoked" };
  },

  keys({ records }, { owner, after, limit }) {
    const from = after === undefined ? {} : { from: `${after}\u0000` };
    const rows =
      owner === undefined
        ? records.scan(keyTable, "key", { limit, ...from })
        : records.scan(keyTable, "owner", { equal: [owner], limit, ...from });
    return rows.map(shownKey);
  },

  appendAudit({ records, nowMs }, entries) {
    const last = moveNumber(records, "audit", entries.length);
    for (const [index, entry] of entries.entries()) {
      const auditId = last - entries.length + index + 1;
      const row = { ...entry, auditId, at: nowMs, details: entry.details ?? null };
      records.put(auditTable, row, undefined);
    }
    return last;
  },

  audit({ records }, { actor, before, limit }) {
    const range = { order: "down", limit, ...(before === undefined ? {} : { before }) } as const;
    return actor === undefined
      ? records.scan(auditTable, "key", range)
      : records.scan(auditTable, "actor", { equal: [actor], ...range });
  },
};

const shownKey = ({ hash: _, ...key }: KeyRow): ApiKey => key;
