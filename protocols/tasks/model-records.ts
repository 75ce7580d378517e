// What the cluster remembers of models and the states of their versions.
//
//   unknown ─► loading ─► ready ─► unloading ─► unavailable
//                 └── it could not be loaded ──────▲ │
//                 ▲───────────── loaded again ───────┘
import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import {
  type Full,
  type NotFound,
  OrNull,
  PageLimit,
  RecordName,
  RecordVersion,
  Remark,
  Sha256,
  Whole,
} from "./record-fields.ts";

export const ModelState = Type.Enum(["unknown", "loading", "ready", "unloading", "unavailable"]);
export type ModelState = Static<typeof ModelState>;

export const modelMoves: Readonly<Record<ModelState, readonly ModelState[]>> = {
  unknown: ["loading", "unavailable"],
  loading: ["ready", "unavailable"],
  ready: ["unloading", "unavailable"],
  unloading: ["unavailable", "ready"],
  unavailable: ["loading"],
};

export const ModelTerms = Type.Object({
  name: RecordName,
  /** A JSON object as text. */
  config: Type.String({ maxLength: storeLimits.configDocumentLengthMax }),
  /** Which versions are served, as text: `latest`, `all`, or numbers. */
  versionPolicy: RecordName,
  /** Names that lead to a version. */
  aliases: Type.Record(Type.String({ maxLength: 64 }), RecordVersion),
});
export type ModelTerms = Readonly<Static<typeof ModelTerms>>;
export interface ModelRecord extends ModelTerms {
  readonly updatedAt: number;
}

export const ModelVersionTerms = Type.Object({
  name: RecordName,
  version: RecordVersion,
  /** Of its manifest. */
  sha256: Sha256,
  bytes: OrNull(Whole),
  path: Type.String({ maxLength: 1_024 }),
});
export type ModelVersionTerms = Readonly<Static<typeof ModelVersionTerms>>;
export interface ModelVersion extends ModelVersionTerms {
  readonly state: ModelState;
  readonly reason: string | null;
  readonly warmupMs: number | null;
  readonly loadedAt: number | null;
  readonly unloadedAt: number | null;
}

export type ModelStateSet =
  | { readonly kind: "set"; readonly former: ModelState }
  | { readonly kind: "illegal"; readonly from: ModelState }
  | NotFound;

export interface ModelRecords {
  /** Fails with `invalid` for a configuration that is no JSON object. */
  putModel(terms: ModelTerms): { readonly kind: "saved" } | Full;
  /** With all its versions. `loaded`: one of them is not at rest. */
  dropModel(name: string): { readonly kind: "removed" } | { readonly kind: "loaded" } | NotFound;
  model(name: string): ModelRecord | null;
  models(limit: number): readonly ModelRecord[];
  /** New, in state `unknown`; `conflict`: the version is known with other content. */
  putModelVersion(
    terms: ModelVersionTerms,
  ): { readonly kind: "saved" } | { readonly kind: "conflict" } | NotFound | Full;
  setModelState(request: {
    readonly name: string;
    readonly version: number;
    readonly state: ModelState;
    readonly reason?: string;
    readonly warmupMs?: number;
  }): ModelStateSet;
  /** Newest first. */
  modelVersions(request: {
    readonly name: string;
    readonly limit: number;
  }): readonly ModelVersion[];
}

export const modelRecordKinds = {
  putModel: ask,
  dropModel: ask,
  model: ask,
  models: ask,
  putModelVersion: ask,
  setModelState: ask,
  modelVersions: ask,
};

export const modelRecordSchemas = {
  putModel: [ModelTerms],
  dropModel: [RecordName],
  model: [RecordName],
  models: [PageLimit],
  putModelVersion: [ModelVersionTerms],
  setModelState: [
    Type.Object({
      name: RecordName,
      version: RecordVersion,
      state: ModelState,
      reason: Type.Optional(Remark),
      warmupMs: Type.Optional(Type.Number({ minimum: 0 })),
    }),
  ],
  modelVersions: [Type.Object({ name: RecordName, limit: PageLimit })],
} as const;
