// What a topology file says of how its nodes reach, trust and watch each other.
import Type, { type Static } from "typebox";
import { membershipLimits } from "../cluster/membership-limits.ts";
import { limits } from "../limits.ts";

const closed = { additionalProperties: false } as const;

/** Of a node: an IPv4 address and a port. */
export const addressPattern = "^tcp://[0-9]{1,3}(\\.[0-9]{1,3}){3}:(\\*|[1-9][0-9]{0,4})$";
export const addressRemedy =
  "write tcp://ADDRESS:PORT with an IPv4 address and a port from 1 to 65535 or *, for example tcp://127.0.0.1:7600";

export const MembershipDocument = Type.Object(
  {
    heartbeatMs: Type.Optional(
      Type.Integer({
        description: "How often each node says that it runs. Default: 500.",
        minimum: membershipLimits.heartbeatMsMin,
        maximum: membershipLimits.heartbeatMsMax,
      }),
    ),
    monitors: Type.Optional(
      Type.Integer({
        description: "How many others watch each node. Default: 5.",
        minimum: membershipLimits.monitorsMin,
        maximum: membershipLimits.monitorsMax,
      }),
    ),
    removeAfterMs: Type.Optional(
      Type.Integer({
        description:
          "How long a node may be offline until it is removed from the list of nodes, with what it did. Whatever registers under its name later is a new one. Default: 86400000, a day.",
        minimum: limits.nodeRemoveAfterMsMin,
        maximum: limits.nodeRemoveAfterMsMax,
      }),
    ),
    sessionMs: Type.Optional(
      Type.Integer({
        description:
          "A session's time. For half of it the director may be away, as while it starts anew, before nodes give up and start anew, too. Default: 15000.",
        minimum: 5_000,
        maximum: 600_000,
      }),
    ),
  },
  { ...closed, description: "How the nodes notice that one of them has fallen silent." },
);
export type MembershipDocument = Static<typeof MembershipDocument>;

export const ControlDocument = Type.Object(
  {
    bind: Type.String({
      description: "Where clients from outside issue control commands, by ZeroMQ.",
      pattern: addressPattern,
      patternErrorMessage: addressRemedy,
    }),
    access: Type.Optional(
      Type.Enum(["machine", "keys"], {
        description:
          "machine: whoever is on this machine may issue all commands. keys: what the scopes of their keys allow. Default: machine.",
      }),
    ),
    openTo: Type.Optional(
      Type.Enum(["network"], {
        description:
          "With keys: lets clients of other machines connect. Their keys travel unencrypted: only on a network that you trust.",
      }),
    ),
    security: Type.Optional(
      Type.Object(
        {
          mode: Type.Enum(["curve"], {
            description: "curve: only clients whose keys are listed connect, encrypted.",
          }),
          keys: Type.String({
            description:
              "Folder of the keys of the endpoint and its clients, relative to this file; not the nodes' own: see `troupe keys`.",
            minLength: 1,
            maxLength: 1024,
          }),
        },
        { ...closed, description: "Who may connect at all. Default: whoever reaches `bind`." },
      ),
    ),
  },
  {
    ...closed,
    description: "The control channel's side to the outside; needs a node with a control-channel.",
  },
);
export type ControlDocument = Static<typeof ControlDocument>;

export const SecurityDocument = Type.Object(
  {
    mode: Type.Enum(["curve", "plain"], {
      description:
        "curve: only nodes whose keys are listed connect, encrypted. plain: whoever reaches the address.",
    }),
    keys: Type.Optional(
      Type.String({
        description:
          "Folder of the keys, relative to this file: see `troupe keys`. Needed with curve.",
        minLength: 1,
        maxLength: 1024,
      }),
    ),
    openTo: Type.Optional(
      Type.Enum(["network"], {
        description:
          "With plain: lets nodes listen beyond this machine, where everybody who reaches them is believed.",
      }),
    ),
  },
  { ...closed, description: "Who may connect to the nodes. Default: plain, within this machine." },
);
export type SecurityDocument = Static<typeof SecurityDocument>;
