// The cluster's nodes: how each is, and orders to them; who may give those stands in `local-order.ts`.
//
// - `GET /api/nodes`: all that are known, by name; `GET /api/nodes/<name>`: one; 404 when there is none.
// - `POST /api/nodes` with requirements of a task: who could run it, how well, and what the others lack.
// - `GET /api/nodes/<name>/report`: its own figures, fresh; 503 when it is not heard.
// - `POST /api/nodes/<name>/<act>`: `pause`, `resume`, `drain`, `restart`, `stop` or `remove`, with
//   `{ "reason": "…", "by": "…" }`; answered with the node when the order is kept.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { TaskRequirements } from "#protocols/tasks/capability.ts";
import { NodeOrder } from "#protocols/tasks/node.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { jsonResponse } from "../http-message.ts";
import { isNodeAct, type NodeService, nodeActs } from "../node-service.ts";
import type { Route } from "../router.ts";
import { localOrderIn } from "./local-order.ts";

const path = "/api/nodes/";
const orderBody = Compile(
  Type.Object(Type.Omit(NodeOrder, ["node"]).properties, { additionalProperties: false }),
);
const requirementsBody = Compile(
  Type.Object(TaskRequirements.properties, { additionalProperties: false }),
);

export const nodeRoutes = (service: NodeService): readonly Route[] => [
  {
    method: "GET",
    path: "/api/nodes",
    handle: async () => jsonResponse(200, { nodes: await service.nodes() }),
  },
  { method: "POST", path: "/api/nodes", handle: (request) => match(service, request) },
  { method: "GET", path: `${path}*`, handle: (request) => look(service, request) },
  { method: "POST", path: `${path}*`, handle: (request) => order(service, request) },
];

async function match(service: NodeService, request: HttpRequest): Promise<HttpResponse> {
  const wanted = localOrderIn(request);
  if (!requirementsBody.Check(wanted)) {
    const example = '{ "model": "lama", "requiredSkills": ["inpaint"], "gpuMemoryBytes": 0 }';
    const seen =
      wanted === undefined ? "no JSON" : valueMisfit(requirementsBody.Errors(wanted), wanted);
    throw new Failure("invalid", `the requirements are not like ${example}: ${seen}`);
  }
  return jsonResponse(200, { nodes: await service.match(wanted) });
}

async function look(service: NodeService, request: HttpRequest): Promise<HttpResponse> {
  const { node, part } = partsOf(request);
  if (part === "report") return jsonResponse(200, await service.report(node));
  const view = part === undefined ? await service.node(node) : null;
  if (view !== null) return jsonResponse(200, view);
  const detail = `There is no ${request.path.slice(0, 200)}. GET /api/nodes lists the nodes.`;
  throw new Failure("not_found", detail);
}

async function order(service: NodeService, request: HttpRequest): Promise<HttpResponse> {
  const { node, part: act } = partsOf(request);
  if (!isNodeAct(act)) {
    const detail = `a node cannot be told to ${act ?? "nothing"}; write one of ${nodeActs.join(", ")}`;
    throw new Failure("not_found", detail);
  }
  const body = localOrderIn(request);
  if (!orderBody.Check(body)) {
    const example = '{ "reason": "new disk", "by": "anna" }';
    const seen = body === undefined ? "no JSON" : valueMisfit(orderBody.Errors(body), body);
    throw new Failure("invalid", `the order is not like ${example}: ${seen}`);
  }
  const { reason, by } = body;
  await service.order(act, { node, reason, ...(by === undefined ? {} : { by }) });
  return jsonResponse(200, { node, act, now: await service.node(node) });
}

function partsOf(request: HttpRequest): {
  readonly node: string;
  readonly part: string | undefined;
} {
  const [node = "", part, ...more] = request.path.slice(path.length).split("/");
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(node) && more.length === 0) return { node, part };
  throw new Failure("not_found", "There is no such node. GET /api/nodes lists the nodes.");
}
