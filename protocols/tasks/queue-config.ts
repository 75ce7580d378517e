// The layer of configuration that holds rules of queues: `scope` names the queue, the document says all of
// it that is not to be as the topology's file has it. What it does not say is as in the file.
import Type, { type Static } from "typebox";
import { queueRules } from "./queue-rules.ts";

export const queueConfigLayer = "queue";

export const QueueConfig = Type.Object(
  {
    isPaused: Type.Optional(Type.Boolean({ description: "Whether it hands out nothing." })),
    ...queueRules,
  },
  { additionalProperties: false },
);
export type QueueConfig = Readonly<Static<typeof QueueConfig>>;

/** Keys of a queue in the file that only the file can say, and why. */
export const queueKeysOfFile: Readonly<Record<string, string>> = {
  name: "a queue keeps its name, by which its tasks are stored; the scope says which queue is meant",
  class:
    "workers are told when they begin which queues they serve, by their classes; change it in the topology's file, and start the cluster anew",
};
