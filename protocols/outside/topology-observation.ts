// The part of the topology file that says how the nodes watch themselves.
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;
const count = (description: string, maximum: number) =>
  Type.Integer({ description, minimum: 1, maximum });

export const ObservationDocument = Type.Object(
  {
    watch: Type.Optional(
      Type.Boolean({
        description:
          "Metrics, slow handlers, a flight recorder and crash reports on every node. Default: true.",
      }),
    ),
    eventsPerActor: Type.Optional(
      count(
        "Events that the flight recorder keeps of each actor, a power of two. Default: 16.",
        1024,
      ),
    ),
    payloads: Type.Optional(
      Type.Enum(["shape", "value"], {
        description:
          "What crash reports tell of messages: types and sizes, or also what they say. Default: shape.",
      }),
    ),
    slowMs: Type.Optional(
      count(
        "Handlers that take so many milliseconds are among the slow ones. Default: 1.",
        86_400_000,
      ),
    ),
    tracedShare: Type.Optional(
      Type.Number({
        description:
          "Writes spans to the log: of requests that a client wants traced, and of so large a share of all others. Default: no spans.",
        minimum: 0,
        maximum: 1,
      }),
    ),
  },
  { ...closed, description: "How the nodes watch themselves." },
);
export type ObservationDocument = Static<typeof ObservationDocument>;
