// What the engine process and its owner say to one another: the headers of their frames.
//
//   owner -> engine   start, then run and cancel in any number; the end of the pipe means "leave"
//   engine -> owner   ready or failed once; then exactly one done or refused for each run, and before it
//                     how far it is
//
// Both sides check what they receive against these schemas.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { TaskParameters } from "#protocols/tasks/task-parameters.ts";

/** Requests inside any engine. */
export const requestsMax = 64;

/**
 * Requests inside an engine that runs so many together: as many again are prepared for the next run, or
 * written after the last; one more is decoded. Full: the next one waits at the owner.
 */
export const requestsInPipe = (itemsMax: number): number => Math.min(2 * itemsMax + 1, requestsMax);

/** What is told of a model's inputs and outputs: all of it fits into a frame. */
export const portBounds = {
  ...{ portsMax: 64, sidesMax: 16 },
  ...{ nameLengthMax: 256, typeLengthMax: 64, sideLengthMax: 64 },
} as const;

/** Runs that one answer tells of: a request has one for each of its holes. More: the others are not told. */
export const runsToldMax = 256;

const Name = Type.String({ minLength: 1, maxLength: 64 });
const Duration = Type.Number({ minimum: 0 });
const Detail = Type.String({ maxLength: 4096 });

export const EngineStart = Type.Object({
  kind: Type.Literal("start"),
  models: Type.Array(
    Type.Object({
      name: Name,
      folder: Type.String({ minLength: 1 }),
      /** Default: the newest. */
      version: Type.Optional(Type.Integer({ minimum: 1 })),
      /** Fingerprint of its files as they were compared with its manifest. Default: any are taken. */
      manifest: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    }),
    { minItems: 1, maxItems: 64 },
  ),
  /** Threads of one model run. */
  threads: Type.Integer({ minimum: 1, maximum: 256 }),
  /** Resident; of more the process kills itself. Default: as much as it gets. */
  memoryBytesMax: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Until it is killed when it is not ready. */
  startTimeoutMs: Type.Integer({ minimum: 1 }),
  /** The process whose end is the engine's end too. */
  ownerPid: Type.Integer({ minimum: 1 }),
});
export type EngineStart = Readonly<Static<typeof EngineStart>>;

/** Files of one request, and of one answer: as many as a task has. */
const filesMax = 8;
const FileName = Type.String({ maxLength: 64 });

/** The payload is the files, one after the other. */
export const EngineRun = Type.Object({
  kind: Type.Literal("run"),
  id: Type.Integer({ minimum: 1 }),
  model: Name,
  /** Read by what the model is for. */
  parameters: TaskParameters,
  /** Until nobody waits for the answer any more. Default: somebody always does. */
  withinMs: Type.Optional(Duration),
  files: Type.Array(
    Type.Object({
      name: FileName,
      size: Type.Integer({ minimum: 0, maximum: limits.imageBytesMax }),
    }),
    { maxItems: filesMax },
  ),
});
export type EngineRun = Readonly<Static<typeof EngineRun>>;

export const EngineOrder = Type.Union([
  EngineStart,
  EngineRun,
  Type.Object({ kind: Type.Literal("cancel"), id: Type.Integer({ minimum: 1 }) }),
]);
export type EngineOrder = Readonly<Static<typeof EngineOrder>>;

const Side = Type.Union([Type.Number(), Type.String({ maxLength: portBounds.sideLengthMax })]);
const Port = Type.Object({
  name: Type.String({ maxLength: portBounds.nameLengthMax }),
  type: Type.String({ maxLength: portBounds.typeLengthMax }),
  shape: Type.Array(Side, { maxItems: portBounds.sidesMax }),
});
const Ports = Type.Array(Port, { maxItems: portBounds.portsMax });

/** What was loaded: how long it took, and its inputs and outputs as the file declares them. */
export const ModelReady = Type.Object({
  name: Name,
  /** What runs it, as the Open Inference Protocol has it: `onnxruntime_onnx`, `opencv`, `kserve_v2`. */
  platform: Name,
  /** What runs its networks: a provider of ONNX Runtime, `server`, or `none` where it has no network. */
  device: Name,
  /** Why it is not what its configuration wishes for. */
  notes: Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 16 }),
  loadMs: Duration,
  warmupMs: Duration,
  /** Ascending: runs of so many items while it was warmed, and how long one took after the first. */
  warmRuns: Type.Array(
    Type.Object({
      items: Type.Integer({ minimum: 1 }),
      runs: Type.Integer({ minimum: 1 }),
      ms: Duration,
    }),
    { maxItems: 64 },
  ),
  inputs: Ports,
  outputs: Ports,
});
export type ModelReady = Readonly<Static<typeof ModelReady>>;

/** Where the time of a request went, but for waiting: reading its files, running, writing the answer. */
export const RunTimes = Type.Object({
  decodeMs: Duration,
  inferMs: Duration,
  encodeMs: Duration,
  /** Of the model since the answer before; each run is told once. */
  runs: Type.Optional(
    Type.Array(Type.Object({ items: Type.Integer({ minimum: 1 }), ms: Duration }), {
      maxItems: runsToldMax,
    }),
  ),
});
export type RunTimes = Readonly<Static<typeof RunTimes>>;

/** What can be wrong with a request or a model; the owner knows further reasons of its own. */
export const EngineRefusalCode = Type.Union([
  Type.Literal("bad_image"),
  Type.Literal("size_mismatch"),
  Type.Literal("too_large"),
  Type.Literal("model_failed"),
  Type.Literal("invalid"),
  Type.Literal("cancelled"),
  Type.Literal("unavailable"),
  Type.Literal("timeout"),
  Type.Literal("internal"),
]);
export type EngineRefusalCode = Static<typeof EngineRefusalCode>;

/** The payload is the files, one after the other. */
export const EngineDone = Type.Object({
  kind: Type.Literal("done"),
  id: Type.Integer({ minimum: 1 }),
  files: Type.Array(
    Type.Object({
      name: FileName,
      contentType: Type.String({ maxLength: 128 }),
      size: Type.Integer({ minimum: 0, maximum: limits.payloadBytesMax }),
    }),
    { maxItems: filesMax },
  ),
  /** What the work tells of its result. */
  figures: TaskParameters,
  times: RunTimes,
});
export type EngineDone = Readonly<Static<typeof EngineDone>>;

/** How far a request is: its share, which grows, and what is being done, for people. */
export const RunStage = Type.Object({
  share: Type.Number({ minimum: 0, maximum: 1 }),
  message: Type.String({ maxLength: 128 }),
});
export type RunStage = Readonly<Static<typeof RunStage>>;

/** The present run of a network is for these requests; none: it has ended, and no other one has begun. */
export const AtWork = Type.Object({
  kind: Type.Literal("at work"),
  ids: Type.Array(Type.Integer({ minimum: 1 }), { maxItems: requestsMax }),
  /** How long such runs have taken of late. Default: nobody knows. */
  expectedMs: Type.Optional(Duration),
});

export const EngineReport = Type.Union([
  Type.Object({
    kind: Type.Literal("ready"),
    models: Type.Array(ModelReady),
    /** How many requests it runs at a time. */
    together: Type.Integer({ minimum: 1, maximum: requestsMax }),
    /** How many requests it takes at a time. */
    requestsMax: Type.Integer({ minimum: 1, maximum: requestsMax }),
    onnxruntimeVersion: Name,
  }),
  Type.Object({ kind: Type.Literal("failed"), code: EngineRefusalCode, detail: Detail }),
  EngineDone,
  AtWork,
  /** Any number for each run, before its end. */
  Type.Object({
    kind: Type.Literal("stage"),
    id: Type.Integer({ minimum: 1 }),
    stage: RunStage,
  }),
  Type.Object({
    kind: Type.Literal("refused"),
    id: Type.Integer({ minimum: 1 }),
    code: EngineRefusalCode,
    detail: Detail,
  }),
]);
export type EngineReport = Readonly<Static<typeof EngineReport>>;

const orderCheck = Compile(EngineOrder);
const reportCheck = Compile(EngineReport);
const detailCharactersMax = 4096;

/** Fails with `corrupt` when the header is none that an owner sends. */
export function readOrder(header: unknown): EngineOrder {
  if (orderCheck.Check(header)) return header;
  throw notUnderstood(header);
}

/** Fails with `corrupt` when the header is none that an engine sends. */
export function readReport(header: unknown): EngineReport {
  if (reportCheck.Check(header)) return header;
  throw notUnderstood(header);
}

const notUnderstood = (header: unknown): Failure =>
  new Failure("corrupt", `no message has this form: ${JSON.stringify(header).slice(0, 200)}`);

/** A failure in the words of a report; codes that only the owner uses become `internal`. */
export function refusalOf(failure: Failure): {
  readonly code: EngineRefusalCode;
  readonly detail: string;
} {
  const detail = failure.detail.slice(0, detailCharactersMax);
  switch (failure.code) {
    case "bad_image":
    case "size_mismatch":
    case "too_large":
    case "model_failed":
    case "invalid":
    case "cancelled":
    case "unavailable":
    case "timeout":
      return { code: failure.code, detail };
    default:
      return { code: "internal", detail };
  }
}
