// The part of the topology file that sets up queues: which tasks each takes, and by which rules.
import Type, { type Static } from "typebox";
import { queueRules, word } from "../tasks/queue-rules.ts";
import { resourceClasses } from "../tasks/resource-demand.ts";

/** Queues of one topology. More: the file is refused. */
export const queueDocumentsMax = 64;

export const ResourceClassDocument = Type.Enum([...resourceClasses], {
  description: "What a machine has to have for it.",
});

export const QueueDocument = Type.Object(
  {
    name: word("Name by which tasks may ask for the queue."),
    class: ResourceClassDocument,
    ...queueRules,
  },
  { additionalProperties: false, description: "A queue: which tasks it takes, and its rules." },
);
export type QueueDocument = Static<typeof QueueDocument>;

export const QueueDocuments = Type.Array(QueueDocument, {
  description: "Queues beside `default`. A task that names none goes to the one that fits it best.",
  minItems: 1,
  maxItems: queueDocumentsMax,
});
