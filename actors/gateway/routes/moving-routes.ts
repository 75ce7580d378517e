// Orders to move actors between the cluster's nodes. They change the cluster, so that only who is on
// this machine may give them, and no page that a browser of this machine shows:
//
// - the connection must come from a loopback address, and name one as its host;
// - the body must be declared as JSON, which a page of another origin may send only if it is allowed to,
//   and an order that bears an origin is refused.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { MoveOrder } from "#protocols/cluster/mover-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { ClusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import type { HttpRequest } from "../http-message.ts";
import { jsonResponse } from "../http-message.ts";
import type { Route } from "../router.ts";

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
      const order = bodyOf(request);
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
      const order = bodyOf(request);
      if (!drainBody.Check(order)) throw malformed('{ "node": "a" }');
      return jsonResponse(200, await mover.drain(order.node));
    },
  },
];

const bodyBytesMax = 8_192;
const loopbackHost = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

function bodyOf({ body, headers, remote = "" }: HttpRequest): unknown {
  if (!isLoopback(remote) || !loopbackHost.test(headers.get("host") ?? "")) {
    throw refused(
      "only the machine of the gateway may move actors: run troupe there, by 127.0.0.1",
    );
  }
  if (headers.has("origin")) throw refused("a page may not move actors: use troupe");
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim();
  if (type !== "application/json" || body.byteLength > bodyBytesMax) {
    throw new Failure("invalid", `an order is application/json of at most ${bodyBytesMax} bytes`);
  }
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

/** As the server writes addresses: IPv6 in full, IPv4 perhaps inside of it. */
const isLoopback = (remote: string): boolean =>
  /^127(\.\d+){3}$/.test(remote) ||
  /^(0{1,4}:){7}0{0,3}1$|^::1$/.test(remote) ||
  /^((0{1,4}:){5}|::)ffff:(127(\.\d+){3}|7f[0-9a-f]{2}:[0-9a-f]{1,4})$/i.test(remote);

const refused = (detail: string): Failure => new Failure("invalid", detail);

const malformed = (example: string): Failure =>
  new Failure("invalid", `the order is not like ${example}`);
