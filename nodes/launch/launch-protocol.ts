// What the launcher and its nodes' processes tell each other over Node's IPC channel.
//
//   launcher ──drain, stop, standing, turn──► node
//   launcher ◄──ready, drained, leaving, provide, turned, failed── node
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { failureCodes, isFailureCode } from "#protocols/failure-codes.ts";
import { scaledNodesMax } from "#protocols/outside/topology-scaling.ts";
import { NodeLeave } from "#protocols/tasks/node.ts";

const closed = { additionalProperties: false } as const;

const Name = Type.String({ maxLength: 255 });
const Names = Type.Array(Name, { maxItems: scaledNodesMax });
const Reason = Type.String({ maxLength: 4_096 });

export const NodeReport = Type.Union([
  /** Everything runs; `url` when the node has the HTTP gateway. */
  Type.Object(
    { kind: Type.Literal("ready"), url: Type.Optional(Type.String({ maxLength: 1024 })) },
    closed,
  ),
  /** Nothing is in flight any more. */
  Type.Object({ kind: Type.Literal("drained") }, closed),
  /** The node ends by an order of its own; whether it is to be started again. */
  Type.Object({ kind: Type.Literal("leaving"), wish: NodeLeave.properties.wish }, closed),
  /** Of a group so many nodes are to stand; these are to be started, and of those nothing is to be left. */
  Type.Object(
    {
      ...{ kind: Type.Literal("provide"), group: Name, reason: Reason, start: Names, end: Names },
      count: Type.Integer({ minimum: 0, maximum: scaledNodesMax }),
    },
    closed,
  ),
  /** The answer to `turn`. */
  Type.Object({ kind: Type.Literal("turned") }, closed),
  /** The node cannot go on; its process ends. */
  Type.Object(
    {
      kind: Type.Literal("failed"),
      code: Type.Refine(Type.String(), isFailureCode, () => "is no failure code"),
      detail: Type.String(),
    },
    closed,
  ),
]);
export type NodeReport = Static<typeof NodeReport>;

const Standing = Type.Object(
  {
    group: Name,
    nodes: Type.Array(
      Type.Object(
        {
          node: Name,
          phase: Type.Enum(["starting", "ready", "failed"]),
          reason: Type.Optional(Reason),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const NodeOrder = Type.Union([
  /** Take nothing new, finish what is in flight within so long, then report `drained`. */
  Type.Object({ kind: Type.Literal("drain"), timeoutMs: Type.Integer({ minimum: 0 }) }, closed),
  /** End now, in order. */
  Type.Object({ kind: Type.Literal("stop") }, closed),
  /** To be answered as soon as the event loop comes to it. */
  Type.Object({ kind: Type.Literal("turn") }, closed),
  /** Who of each group stands, to the node that says how many are to; at each change. */
  Type.Object({ kind: Type.Literal("standing"), groups: Type.Array(Standing) }, closed),
]);
export type NodeOrder = Static<typeof NodeOrder>;

const reports = Compile(NodeReport);
const orders = Compile(NodeOrder);

export const isNodeReport = (value: unknown): value is NodeReport => reports.Check(value);
export const isNodeOrder = (value: unknown): value is NodeOrder => orders.Check(value);

/** Whether starting the same node again can help; unknown codes count as a bug, which it cannot. */
export const isWorthAnotherStart = (code: string): boolean =>
  isFailureCode(code) && failureCodes[code].retryable;
