// The part of the topology file that says where a copy of the state is kept.
import Type, { type Static } from "typebox";

export const StateDocument = Type.Object(
  {
    mirror: Type.Optional(
      Type.String({
        description:
          "A Redis that gets a copy of tasks, nodes and queues, which gateways read, and every event: redis://host:port, rediss://, redis+sentinel://a,b/name or redis+cluster://a,b. The cluster goes on while it is away.",
        minLength: 1,
        maxLength: 1024,
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "What the StateManager does besides; needs a node with a state-manager.",
  },
);
export type StateDocument = Static<typeof StateDocument>;
