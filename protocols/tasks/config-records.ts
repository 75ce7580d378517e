// Versions of the cluster's configuration: append-only, one active for each layer and scope. Whoever
// activates says what he believes to be active now, so that two who change it at once do not undo one
// another unseen. To go back is to go forward to a copy.
//
//   draft ── activate ──► active ── another is activated ──► superseded
//     └──── reject ─────► rejected
import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import {
  type NotFound,
  OrNull,
  PageLimit,
  RecordName,
  RecordVersion,
  Remark,
} from "./record-fields.ts";

export const ConfigStatus = Type.Enum(["draft", "active", "superseded", "rejected"]);
export type ConfigStatus = Static<typeof ConfigStatus>;

export const ConfigDraft = Type.Object({
  layer: RecordName,
  /** Default: `cluster`. */
  scope: Type.Optional(RecordName),
  /** A JSON object as text. */
  document: Type.String({ maxLength: storeLimits.configDocumentLengthMax }),
  author: Type.Optional(RecordName),
  comment: Type.Optional(Remark),
});
export type ConfigDraft = Readonly<Static<typeof ConfigDraft>>;

export interface ConfigVersion {
  /** Counts the versions of all layers and scopes. */
  readonly version: number;
  readonly layer: string;
  readonly scope: string;
  readonly document: string;
  /** SHA-256 of the document, as hex. */
  readonly sha256: string;
  readonly author: string | null;
  readonly comment: string | null;
  /** The version that it is a copy of. */
  readonly rollbackOf: number | null;
  readonly createdAt: number;
  readonly activatedAt: number | null;
  readonly status: ConfigStatus;
}

export type ConfigSummary = Omit<ConfigVersion, "document">;

export type ConfigActivated =
  | {
      readonly kind: "activated";
      readonly version: number;
      readonly superseded: number | null;
    }
  /** Another version is active than was expected; nothing was changed. */
  | { readonly kind: "conflict"; readonly active: number | null }
  | { readonly kind: "not_draft"; readonly status: ConfigStatus }
  | NotFound;

export interface ConfigRecords {
  /** Fails with `invalid` for a document that is no JSON object. */
  draftConfig(draft: ConfigDraft): { readonly kind: "drafted"; readonly version: number };
  activateConfig(request: {
    readonly version: number;
    /** What is active in that layer and scope, as far as the caller knows; null: nothing. */
    readonly expected: number | null;
  }): ConfigActivated;
  /** A copy of a version that was active before becomes active. */
  rollbackConfig(request: {
    readonly to: number;
    readonly expected: number | null;
    readonly author?: string;
    readonly comment?: string;
  }): Exclude<ConfigActivated, { kind: "not_draft" }> | { readonly kind: "never_active" };
  rejectConfig(request: {
    readonly version: number;
    readonly comment?: string;
  }):
    | { readonly kind: "rejected" }
    | { readonly kind: "not_draft"; readonly status: ConfigStatus }
    | NotFound;
  /** What is active. */
  activeConfig(request: { readonly layer: string; readonly scope?: string }): ConfigVersion | null;
  configVersion(version: number): ConfigVersion | null;
  /** Without the documents, newest first; `before`: only older versions than that. */
  configHistory(request: {
    readonly layer: string;
    readonly scope?: string;
    readonly before?: number;
    readonly limit: number;
  }): readonly ConfigSummary[];
}

export const configRecordKinds = {
  draftConfig: ask,
  activateConfig: ask,
  rollbackConfig: ask,
  rejectConfig: ask,
  activeConfig: ask,
  configVersion: ask,
  configHistory: ask,
};

const Place = { layer: RecordName, scope: Type.Optional(RecordName) };

export const configRecordSchemas = {
  draftConfig: [ConfigDraft],
  activateConfig: [Type.Object({ version: RecordVersion, expected: OrNull(RecordVersion) })],
  rollbackConfig: [
    Type.Object({
      to: RecordVersion,
      expected: OrNull(RecordVersion),
      author: Type.Optional(RecordName),
      comment: Type.Optional(Remark),
    }),
  ],
  rejectConfig: [Type.Object({ version: RecordVersion, comment: Type.Optional(Remark) })],
  activeConfig: [Type.Object(Place)],
  configVersion: [RecordVersion],
  configHistory: [
    Type.Object({ ...Place, before: Type.Optional(RecordVersion), limit: PageLimit }),
  ],
} as const;
