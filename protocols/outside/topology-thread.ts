// The part of the topology file that says how a worker of one's own has a thread of its own.
import Type, { type Static } from "typebox";

const blockedMsMax = 3_600_000;
const heapMbMax = 1_048_576;

export const WorkerThreadDocument = Type.Object(
  {
    blockedMsMax: Type.Optional(
      Type.Integer({
        description:
          "Milliseconds that it may keep from its event loop before its thread is ended. Default: 10000.",
        minimum: 10,
        maximum: blockedMsMax,
      }),
    ),
    heapMbMax: Type.Optional(
      Type.Integer({
        description:
          "Megabytes of its heap; with more its thread is ended. Default: as Node decides.",
        minimum: 1,
        maximum: heapMbMax,
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Of a task-worker: it lives in a thread of its own, which is ended when it does not stop. {}: with the defaults.",
  },
);
export type WorkerThreadDocument = Static<typeof WorkerThreadDocument>;
