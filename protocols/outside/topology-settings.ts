// The part of the topology file that says what a worker may use of its machine, and which work is its.
import Type from "typebox";
import { limits } from "../limits.ts";
import { words } from "../tasks/queue-rules.ts";
import { resourceClasses } from "../tasks/resource-demand.ts";
import { ResourceClassDocument } from "./topology-queues.ts";
import { HeldSkillDocuments } from "./topology-skills.ts";

export const SettingsDocument = Type.Object(
  {
    slots: Type.Optional(
      Type.Integer({
        description: "Tasks that a worker holds at the same time. Default: 2.",
        minimum: 1,
        maximum: limits.workerSlotsMax,
      }),
    ),
    threads: Type.Optional(
      Type.Integer({
        description:
          "Threads of one model run, in each engine. Default: engines that run at a time share the cores.",
        minimum: 1,
        maximum: 256,
      }),
    ),
    memoryBytesMax: Type.Optional(
      Type.Integer({
        description:
          "Bytes of memory of all engines of the worker together; a model for which none is left is not loaded. Default: only each engine by itself is bounded.",
        minimum: 128 * 1024 * 1024,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
    ),
    classes: Type.Optional(
      Type.Array(ResourceClassDocument, {
        description: "Serves the queues of these classes. Default: of all.",
        minItems: 1,
        maxItems: resourceClasses.length,
      }),
    ),
    skills: Type.Optional(HeldSkillDocuments),
    tags: Type.Optional(words("What it is near to: tasks that name one prefer it. Default: none.")),
  },
  { additionalProperties: false, description: "What the node may use of its machine." },
);
