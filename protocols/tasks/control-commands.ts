// The commands that the cluster knows from the start: where each is carried out, what it may say, and
// which scope of a key allows it.
//
// Scopes of keys, weakest first: `read` looks, `cancel` ends tasks, `control` does both and orders nodes
// about, `admin` does everything.
import Type from "typebox";
import { storeLimits } from "../store-limits.ts";
import { KeyId } from "./key-records.ts";
import { Moment, RecordName, Remark, Sha256 } from "./record-fields.ts";

export const controlScopes = ["read", "cancel", "control", "admin"] as const;
export type ControlScope = (typeof controlScopes)[number];

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

const why = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })) },
  closed,
);

/** `node`: by a node, which must be named. `node_or_none`: by the named node, or by the channel. */
export type ControlTarget = "node" | "node_or_none" | "task" | "none";

export const controlCommands = {
  PING: { target: "node_or_none", scope: "read", parameters: none },
  GET_NODE_STATUS: { target: "node", scope: "read", parameters: none },
  GET_NODE_METRICS: { target: "node", scope: "read", parameters: none },
  CANCEL_TASK: {
    target: "task",
    scope: "cancel",
    parameters: why,
  },
  PAUSE_NODE: { target: "node", scope: "control", parameters: why },
  RESUME_NODE: { target: "node", scope: "control", parameters: why },
  RESTART_NODE: { target: "node", scope: "control", parameters: why },
  SHUTDOWN_NODE: { target: "node", scope: "control", parameters: why },
  GET_CONFIG: {
    target: "none",
    scope: "read",
    parameters: Type.Object(
      { layer: Type.Enum(["gateway", "queue"]), scope: Type.Optional(RecordName) },
      closed,
    ),
  },
  UPDATE_CONFIG: {
    target: "none",
    scope: "admin",
    parameters: Type.Object(
      {
        layer: Type.Enum(["gateway", "queue"]),
        scope: Type.Optional(RecordName),
        /** A JSON object as text. */
        document: Type.String({ minLength: 2, maxLength: storeLimits.configDocumentLengthMax }),
        /** The version that is active, as far as the issuer knows; 0: none. Default: whatever is. */
        expected: Type.Optional(Type.Integer({ minimum: 0 })),
        comment: Type.Optional(Remark),
      },
      closed,
    ),
  },
  CREATE_KEY: {
    target: "none",
    scope: "admin",
    parameters: Type.Object(
      {
        keyId: KeyId,
        /** SHA-256 of the secret, as hex: the secret itself stays with its owner. */
        hash: Sha256,
        owner: RecordName,
        /** Divided by spaces. */
        scopes: Type.String({
          pattern: "^(read|cancel|control|admin)( (read|cancel|control|admin))*$",
          description: "read, cancel, control and admin, one or more of them, divided by spaces",
        }),
        expiresAt: Type.Optional(Moment),
      },
      closed,
    ),
  },
  REVOKE_KEY: {
    target: "none",
    scope: "admin",
    parameters: Type.Object({ keyId: RecordName }, closed),
  },
} as const satisfies Record<
  string,
  { target: ControlTarget; scope: ControlScope; parameters: Type.TSchema }
>;

export type ControlCommandName = keyof typeof controlCommands;

export const isControlCommand = (name: string): name is ControlCommandName =>
  Object.hasOwn(controlCommands, name);

/** Those that a node carries out itself. */
export const nodeOrderNames = [
  "PING",
  "GET_NODE_METRICS",
  "RESTART_NODE",
  "SHUTDOWN_NODE",
] as const satisfies readonly ControlCommandName[];
export type NodeOrderName = (typeof nodeOrderNames)[number];

/**
 * Carried out once more they come to the same, so that a lost answer is asked for again by any means:
 * holds are kept once for their command, and a cancelled task is cancelled.
 */
export const isRepeatable = (name: ControlCommandName): boolean =>
  controlCommands[name].scope === "read" ||
  name === "PAUSE_NODE" ||
  name === "RESUME_NODE" ||
  name === "CANCEL_TASK";

export const ControlScopes = Type.Array(Type.Enum([...controlScopes]), {
  maxItems: controlScopes.length,
});
