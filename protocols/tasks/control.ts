// The control channel's protocol, those of the nodes that it orders about, and of handlers for commands
// of one's own.
//
//   issuer ──command──► ControlChannel ──perform──► NodeControl   (one on each node)
//                          │    └──────handle────► ControlHandler (of a command of one's own)
//                          │    │  ◄──acknowledge── (before it takes effect)
//                          └──begin, note, finish──► store
//
// A command has an id, chosen by its issuer. Whatever comes twice under an id takes effect at most once,
// and gets the answer of the first.
import Type, { type Static } from "typebox";
import type { Ref } from "../actor-ref.ts";
import { controlLimits } from "../control-limits.ts";
import type { FailureData } from "../failure-codes.ts";
import { type Ack, ask, protocol } from "../protocol.ts";
import { refOf } from "../schema.ts";
import {
  type ControlScope,
  ControlScopes,
  controlScopes,
  nodeOrderNames,
} from "./control-commands.ts";
import type { ControlNoted, ControlRecord } from "./control-records.ts";
import { Moment, NodeName, RecordName } from "./record-fields.ts";
import { TaskParameters } from "./task-parameters.ts";

export const CommandName = Type.String({
  pattern: "^[A-Z][A-Z0-9_]{0,63}$",
  description: "1 to 64 capitals, digits and _, the first of them a capital",
});
export const CommandId = Type.String({
  pattern: "^[!-~]{1,64}$",
  description: "1 to 64 visible ASCII characters, without spaces",
});

export const ControlRequest = Type.Object(
  {
    command: CommandName,
    /** Default: a new one, so that the command is carried out each time. */
    commandId: Type.Optional(CommandId),
    node: Type.Optional(NodeName),
    taskId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    parameters: Type.Optional(TaskParameters),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: controlLimits.timeoutMsMax })),
  },
  { additionalProperties: false },
);
export type ControlRequest = Readonly<Static<typeof ControlRequest>>;

/** On whose behalf, and what they may do. */
export interface ControlCaller {
  readonly by: string;
  readonly scopes: readonly ControlScope[];
}
export const ControlCaller = Type.Object({ by: RecordName, scopes: ControlScopes });

/** Plain data that fits into JSON. */
export type ControlResponse = Readonly<Record<string, unknown>>;

export interface ControlAnswer {
  readonly commandId: string;
  readonly command: string;
  /** `refused`: nothing was begun, and nothing is kept of it. */
  readonly status: "completed" | "failed" | "timed_out" | "refused";
  /** The command had come before; this is what became of it. */
  readonly isReplay: boolean;
  readonly response: ControlResponse | null;
  readonly error: (FailureData & { readonly isRetryable: boolean }) | null;
}

/** What a handler of a command of one's own is told. */
export interface ControlOrder {
  readonly commandId: string;
  readonly command: string;
  readonly node: string | null;
  readonly taskId: string | null;
  readonly parameters: TaskParameters;
  readonly by: string;
}

/** Any actor that answers a command of one's own; a `Failure` that it refuses with is the answer, too. */
export interface ControlHandler {
  handle(order: ControlOrder): ControlResponse;
}

export const ControlHandler = protocol<ControlHandler>("control.Handler@1", {
  handle: ask({ within: controlLimits.timeoutMsMax }),
}).checked({
  handle: [
    Type.Object({
      commandId: CommandId,
      command: CommandName,
      node: Type.Union([NodeName, Type.Null()]),
      taskId: Type.Union([Type.String(), Type.Null()]),
      parameters: TaskParameters,
      by: RecordName,
    }),
  ],
});

export interface ControlRegistration {
  readonly command: string;
  readonly handler: Ref<ControlHandler>;
  /** Of the keys that may issue it. */
  readonly scope: ControlScope;
}

export interface ControlChannel {
  /**
   * Carries it out and answers how it ended; never fails but for want of time or of the channel itself.
   * Once more with the same id it waits for the same end.
   */
  command(request: ControlRequest, caller: ControlCaller): ControlAnswer;
  /**
   * Of whoever is about to carry a command out: `noted`, and it is that one's; otherwise it is not to take
   * effect any more. An order may come late, so ask before its effect; again it comes to the same.
   */
  acknowledge(commandId: string): ControlNoted;
  /** What is kept of a command; null: nothing. */
  find(commandId: string): ControlRecord | null;
  /** Of one node or of all, newest first; `before`: only those issued earlier than that. */
  history(request: {
    readonly node?: string;
    readonly before?: number;
    readonly limit: number;
  }): readonly ControlRecord[];
  /**
   * From now on commands of that name go to the handler, until it ends. Fails with `name_taken` for the
   * name of another living handler or of a command of the cluster's own.
   */
  register(registration: ControlRegistration): Ack;
  unregister(command: string): Ack;
  /** The same, but only when it is this handler's: of who does not know whether it was registered. */
  withdraw(request: Omit<ControlRegistration, "scope">): Ack;
}

export const controlChannelName = "control-channel";

export const ControlChannel = protocol<ControlChannel>("control.Channel@1", {
  command: ask({ within: controlLimits.timeoutMsMax + 5_000 }),
  acknowledge: ask,
  find: ask,
  history: ask,
  register: ask,
  unregister: ask,
  withdraw: ask,
}).checked({
  command: [ControlRequest, ControlCaller],
  acknowledge: [CommandId],
  find: [CommandId],
  history: [
    Type.Object({
      node: Type.Optional(NodeName),
      before: Type.Optional(Moment),
      limit: Type.Integer({ minimum: 1, maximum: controlLimits.historyPageMax }),
    }),
  ],
  register: [
    Type.Object({
      command: CommandName,
      handler: refOf(ControlHandler),
      scope: Type.Enum([...controlScopes]),
    }),
  ],
  unregister: [CommandName],
  withdraw: [Type.Object({ command: CommandName, handler: refOf(ControlHandler) })],
});

export const NodeOrder = Type.Object({
  commandId: CommandId,
  command: Type.Enum([...nodeOrderNames]),
  reason: Type.String({ maxLength: 1_024 }),
});
export type NodeOrder = Readonly<Static<typeof NodeOrder>>;

export interface NodeOrderDone {
  /** It had been done before, and was not done again. */
  readonly isRepeated: boolean;
  readonly response: ControlResponse;
}

/** The actor of a node that carries out orders to the node. */
export interface NodeControl {
  /** Fails with `invalid` for what this node cannot do. */
  perform(order: NodeOrder): NodeOrderDone;
}

/** Where it lives, on every node. */
export const nodeControlPath = "/node-control";

export const NodeControl = protocol<NodeControl>("control.Node@1", { perform: ask }).checked({
  perform: [NodeOrder],
});
