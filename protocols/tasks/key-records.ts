// API keys, and the log of what was done with power. Of a key only its hash is ever here: whoever makes
// one hands its secret to its owner and forgets it.

import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import {
  type Full,
  Moment,
  type NotFound,
  OrNull,
  PageLimit,
  RecordName,
  RecordVersion,
  Sha256,
} from "./record-fields.ts";
import { TaskParameters } from "./task-parameters.ts";

/** At most so many requests a second, so many at once. */
export const KeyRateLimit = Type.Object({
  perSecond: Type.Number({ exclusiveMinimum: 0 }),
  burst: Type.Integer({ minimum: 1 }),
});
export type KeyRateLimit = Readonly<Static<typeof KeyRateLimit>>;

/** Short enough to stand in what its bearer does. */
export const KeyId = Type.String({ minLength: 1, maxLength: 64 });

export const KeyTerms = Type.Object({
  /** What is shown of it. */
  keyId: KeyId,
  /** SHA-256 of the secret. */
  hash: Sha256,
  owner: RecordName,
  /** Such as `submit`, `read`, `admin`. */
  scopes: Type.Array(RecordName, { maxItems: 32 }),
  rateLimit: Type.Optional(OrNull(KeyRateLimit)),
  /** Default: never. */
  expiresAt: Type.Optional(OrNull(Moment)),
});
export type KeyTerms = Readonly<Static<typeof KeyTerms>>;

export interface ApiKey {
  readonly keyId: string;
  readonly owner: string;
  readonly scopes: readonly string[];
  readonly rateLimit: KeyRateLimit | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** About: noted once in `storeLimits.keyUseNotedMs`. */
  readonly lastUsedAt: number | null;
}

export type KeyVerified =
  | { readonly kind: "valid"; readonly key: ApiKey }
  | { readonly kind: "unknown" }
  | { readonly kind: "revoked"; readonly keyId: string }
  | { readonly kind: "expired"; readonly keyId: string };

export const AuditEntry = Type.Object({
  actor: OrNull(RecordName),
  action: RecordName,
  target: OrNull(RecordName),
  details: Type.Optional(OrNull(TaskParameters)),
});
export type AuditEntry = Readonly<Static<typeof AuditEntry>>;
export interface AuditRecord {
  /** Counts all entries. */
  readonly auditId: number;
  readonly at: number;
  readonly actor: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly details: TaskParameters | null;
}

export interface KeyRecords {
  /** `taken`: a key with that id or that hash is known. */
  createKey(terms: KeyTerms): { readonly kind: "saved" } | { readonly kind: "taken" } | Full;
  verifyKey(hash: string): KeyVerified;
  revokeKey(keyId: string): { readonly kind: "revoked" } | { readonly kind: "already" } | NotFound;
  /** Of one owner, or all, by their ids; `after`: only ids behind that one. */
  keys(request: {
    readonly owner?: string;
    readonly after?: string;
    readonly limit: number;
  }): readonly ApiKey[];

  /** The number of the last. */
  appendAudit(entries: readonly AuditEntry[]): number;
  /** Newest first; `before`: only older ones than that. */
  audit(request: {
    readonly actor?: string;
    readonly before?: number;
    readonly limit: number;
  }): readonly AuditRecord[];
}

export const keyRecordKinds = {
  createKey: ask,
  verifyKey: ask,
  revokeKey: ask,
  keys: ask,
  appendAudit: ask,
  audit: ask,
};

export const keyRecordSchemas = {
  createKey: [KeyTerms],
  verifyKey: [Sha256],
  revokeKey: [RecordName],
  keys: [
    Type.Object({
      owner: Type.Optional(RecordName),
      after: Type.Optional(RecordName),
      limit: PageLimit,
    }),
  ],
  appendAudit: [Type.Array(AuditEntry, { minItems: 1, maxItems: 100 })],
  audit: [
    Type.Object({
      actor: Type.Optional(RecordName),
      before: Type.Optional(RecordVersion),
      limit: PageLimit,
    }),
  ],
} as const;
