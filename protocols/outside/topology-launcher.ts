// The part of the topology file that says when what has ended is started again, and when a node's process has to end.
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;
const dayMs = 86_400_000;
const ms = (description: string, minimum = 1) =>
  Type.Integer({ description, minimum, maximum: dayMs });

export const BackoffDocument = Type.Object(
  {
    delayMsMin: Type.Optional(ms("Delay before the first restart.")),
    delayMsMax: Type.Optional(ms("Ceiling of the delay.")),
    factor: Type.Optional(
      Type.Number({ description: "Growth per restart.", minimum: 1, maximum: 100 }),
    ),
    jitter: Type.Optional(
      Type.Number({ description: "Share left to chance.", minimum: 0, maximum: 1 }),
    ),
  },
  { ...closed, description: "How long to wait before a restart: exponential, with jitter." },
);
export type BackoffDocument = Static<typeof BackoffDocument>;

export const restartIntensity = {
  restartsMax: Type.Optional(
    Type.Integer({
      description: "At most so many restarts within `withinMs`; one more is a failure.",
      minimum: 0,
      maximum: 1_000_000,
    }),
  ),
  withinMs: Type.Optional(ms("The window in which restarts are counted.")),
  backoff: Type.Optional(BackoffDocument),
};

export const LauncherDocument = Type.Object(
  {
    ...restartIntensity,
    startTimeoutMs: Type.Optional(ms("A node must be ready after this long.")),
    blockedMsMax: Type.Optional(
      ms(
        "A node that is away from its event loop for longer is killed. Default: two sessions.",
        1_000,
      ),
    ),
    drainTimeoutMs: Type.Optional(ms("What has not ended by then is killed.")),
  },
  { ...closed, description: "How the nodes' processes are started, restarted and ended." },
);
export type LauncherDocument = Static<typeof LauncherDocument>;
