// The parts of the topology file that say of a worker of one's own whether it has a thread of its own, and what it
// serves: known by running its class only, so that whoever names such a model elsewhere in the file would be
// believed, or refused, without it.
import Type, { type Static } from "typebox";

const blockedMsMax = 3_600_000;
const heapMbMax = 1_048_576;
/** As many as an offer to the queue has. */
const modelsMax = 256;

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

export const WorkerModelsDocument = Type.Array(
  Type.String({
    description: "Name by which tasks ask for the model.",
    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
    patternErrorMessage:
      "write 1 to 63 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
  }),
  {
    description:
      "Of a task-worker: models that its class serves, so that queues and demands can name them; it may serve no others. Default: any.",
    minItems: 1,
    maxItems: modelsMax,
  },
);
