// The history of control commands: each is begun once, whatever comes twice, and its answer is kept.
//
//   issued ─► delivered ─► acknowledged ─► completed · failed
//      └─────────┴──────────────┴── deadline ──► timed_out
import Type, { type Static } from "typebox";
import { controlLimits } from "../control-limits.ts";
import { ask } from "../protocol.ts";
import {
  type Full,
  Moment,
  NodeName,
  type NotFound,
  OrNull,
  PageLimit,
  RecordName,
} from "./record-fields.ts";
import { TaskParameters } from "./task-parameters.ts";

export const ControlStatus = Type.Enum([
  "issued",
  "delivered",
  "acknowledged",
  "completed",
  "failed",
  "timed_out",
]);
export type ControlStatus = Static<typeof ControlStatus>;

const Detail = Type.String({ maxLength: 16_384 });

export const ControlCommand = Type.Object({
  /** Chosen by whoever issues it; the same id, the same command. */
  commandId: RecordName,
  /** Such as `CANCEL_TASK`. */
  command: RecordName,
  node: Type.Optional(OrNull(NodeName)),
  taskId: Type.Optional(OrNull(RecordName)),
  parameters: Type.Optional(OrNull(TaskParameters)),
  issuedBy: Type.Optional(OrNull(RecordName)),
  /** From now on, by the store's clock: the issuer's may be another. */
  timeoutMs: Type.Integer({ minimum: 0, maximum: controlLimits.timeoutMsMax }),
  /** It only looks, and is kept among those of its kind. Default: it may have an effect. */
  isRead: Type.Optional(Type.Boolean()),
});
export type ControlCommand = Readonly<Static<typeof ControlCommand>>;

export interface ControlRecord {
  readonly commandId: string;
  readonly command: string;
  readonly node: string | null;
  readonly taskId: string | null;
  readonly parameters: TaskParameters | null;
  readonly issuedBy: string | null;
  readonly issuedAt: number;
  readonly deadlineAt: number;
  /** Times that it was sent. */
  readonly attempts: number;
  /** First sent at; null: nobody but the channel and its registry was needed, or it came to nothing before. */
  readonly deliveredAt: number | null;
  /** When whoever carries it out had it for sure. All that are completed have one; without one nobody knows. */
  readonly acknowledgedAt: number | null;
  readonly finishedAt: number | null;
  readonly status: ControlStatus;
  readonly response: string | null;
  readonly error: string | null;
}

export type ControlBegun =
  | { readonly kind: "begun" }
  /** The same command came before: what became of it so far. */
  | { readonly kind: "known"; readonly command: ControlRecord }
  /** The id belongs to another command. */
  | { readonly kind: "conflict"; readonly command: ControlRecord }
  | Full;
export type ControlNoted =
  | { readonly kind: "noted" }
  /** It has ended before; that stays. */
  | { readonly kind: "ended"; readonly status: ControlStatus }
  | NotFound;

export interface ControlRecords {
  beginControl(command: ControlCommand): ControlBegun;
  /** `delivered`: it was sent (once more); `acknowledged`: its node has it. */
  noteControl(request: {
    readonly commandId: string;
    readonly step: "delivered" | "acknowledged";
  }): ControlNoted;
  /** The first end counts. */
  finishControl(request: {
    readonly commandId: string;
    readonly status: "completed" | "failed" | "timed_out";
    readonly response?: string;
    readonly error?: string;
  }): ControlNoted;
  control(commandId: string): ControlRecord | null;
  /** What has not ended, next deadline first. */
  openControls(limit: number): readonly ControlRecord[];
  /** Newest first, of that node or of all; `before`: only those issued earlier than that. */
  controlsIssued(request: {
    readonly node?: string;
    readonly before?: number;
    readonly limit: number;
  }): readonly ControlRecord[];
}

export const controlRecordKinds = {
  beginControl: ask,
  noteControl: ask,
  finishControl: ask,
  control: ask,
  openControls: ask,
  controlsIssued: ask,
};

export const controlRecordSchemas = {
  beginControl: [ControlCommand],
  noteControl: [
    Type.Object({ commandId: RecordName, step: Type.Enum(["delivered", "acknowledged"]) }),
  ],
  finishControl: [
    Type.Object({
      commandId: RecordName,
      status: Type.Enum(["completed", "failed", "timed_out"]),
      response: Type.Optional(Detail),
      error: Type.Optional(Detail),
    }),
  ],
  control: [RecordName],
  openControls: [PageLimit],
  controlsIssued: [
    Type.Object({
      node: Type.Optional(NodeName),
      before: Type.Optional(Moment),
      limit: PageLimit,
    }),
  ],
} as const;
