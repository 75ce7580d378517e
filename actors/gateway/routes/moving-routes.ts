// Orders to move actors between the cluster's nodes; who may give them stands in `local-order.ts`.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { MoveOrder } from "#protocols/cluster/mover-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { ClusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import { jsonResponse } from "../http-message.ts";
import type { Route } from "../router.ts";
import { localOrderIn } from "./local-order.ts";

const Node = Type.String({ minLength: 1, maxLength: 64 });
const moveBody = Compile(Type.Object({ node: Node, ...MoveOrder.properties }));
const drainBody = Compile(Type.Object({ node: Node }));

/**
 * - `POST /api/move`: `{ "node", "path", "to" }`; answered when the actor lives there.
 * - `POST /api/drain`: `{ "node" }`; answered with what moved, what stayed, and why.
 */
export const movingRoutes = (mover: ClusterMover): readonly Route[] => [
  {
    method: "POST",
    path: "/api/move",
    handle: async (request) => {
      const order = localOrderIn(request);
      if (!moveBody.Check(order)) throw malformed('{ "node": "a", "path": "/shop", "to": "b" }');
      const { node, path, to } = order;
      await mover.move(node, { path, to });
      return jsonResponse(200, { node, path, to });
    },
  },
  {
    method: "POST",
    path: "/api/drain",
    handle: async (request) => {
      const order = localOrderIn(request);
      if (!drainBody.Check(order)) throw malformed('{ "node": "a" }');
      return jsonResponse(200, await mover.drain(order.node));
    },
  },
];

const malformed = (example: string): Failure =>
  new Failure("invalid", `the order is not like ${example}`);
