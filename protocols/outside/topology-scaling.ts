// The part of the topology file that has as many nodes of a kind stand as their load asks for.
import Type, { type Static } from "typebox";

/** Nodes of one group. More: the file is refused. */
export const scaledNodesMax = 64;

const dayMs = 86_400_000;
const ms = (description: string, minimum = 0) =>
  Type.Integer({ description, minimum, maximum: dayMs });

export const NodeScalingDocument = Type.Object(
  {
    min: Type.Optional(
      Type.Integer({
        description:
          "Never fewer. 0: none is left when nothing was to do for a while, and the next task waits for one. Default: 1.",
        minimum: 0,
        maximum: scaledNodesMax,
      }),
    ),
    max: Type.Integer({ description: "Never more.", minimum: 1, maximum: scaledNodesMax }),
    itemsPerNode: Type.Optional(
      Type.Integer({
        description:
          "Tasks, waiting and running, that one node is meant for. Default: the slots of its worker.",
        minimum: 1,
        maximum: 100_000,
      }),
    ),
    waitMsMax: Type.Optional(
      ms("A task that has waited longer asks for one node more. Default: 5000.", 1),
    ),
    upAfterMs: Type.Optional(ms("More of them when more were wanted for so long. Default: 5000.")),
    downAfterMs: Type.Optional(ms("One less when fewer were wanted for so long. Default: 300000.")),
    zeroAfterMs: Type.Optional(
      ms("With a min of 0, none when nothing was to do for so long. Default: 900000."),
    ),
    command: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), {
        description:
          "Starts and ends the nodes in the launcher's place: a program and its arguments; GROUP, NODE and start or stop are added. One that begins with a dot is relative to this file.",
        minItems: 1,
        maxItems: 32,
      }),
    ),
    commandTimeoutMs: Type.Optional(
      ms("A command that takes longer has failed and is killed. Default: 60000.", 1),
    ),
  },
  {
    additionalProperties: false,
    description: "In the place of `replicas`: as many nodes of this kind as the load asks for.",
  },
);
export type NodeScalingDocument = Static<typeof NodeScalingDocument>;
