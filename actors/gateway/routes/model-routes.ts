// The models of the worker nodes; who may give orders stands in `local-order.ts`.
//
// - `GET /api/models`: each version on each node with its state and the reason for it.
// - `GET /api/models/<name>/statistics`: of each node, what came of the requests to its versions.
// - `POST /api/models/<name>/<act>`: `load`, `unload` or `reload`, with `{}` or `{ "node": "worker-1" }`;
//   answered when it is done everywhere, with how it ended on each node.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { NodeName } from "#protocols/tasks/record-fields.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { jsonResponse } from "../http-message.ts";
import { isModelAct, type ModelService, modelActs } from "../model-service.ts";
import type { Route } from "../router.ts";
import { localOrderIn } from "./local-order.ts";

const path = "/api/models";
const orderBody = Compile(
  Type.Object({ node: Type.Optional(NodeName) }, { additionalProperties: false }),
);

export const modelRoutes = (service: ModelService): readonly Route[] => [
  { method: "GET", path, handle: async () => jsonResponse(200, await service.index()) },
  { method: "GET", path: `${path}/*`, handle: (request) => look(service, request) },
  { method: "POST", path: `${path}/*`, handle: (request) => order(service, request) },
];

async function look(service: ModelService, request: HttpRequest): Promise<HttpResponse> {
  const { model, part } = partsOf(request);
  if (part === "statistics") {
    return jsonResponse(200, { model, nodes: await service.statistics(model) });
  }
  throw new Failure("not_found", `Of a model there is /api/models/${model}/statistics.`);
}

async function order(service: ModelService, request: HttpRequest): Promise<HttpResponse> {
  const { model, part: act } = partsOf(request);
  if (!isModelAct(act)) {
    const detail = `a model cannot be told to ${act ?? "nothing"}; write one of ${modelActs.join(", ")}`;
    throw new Failure("not_found", detail);
  }
  const body = localOrderIn(request);
  if (!orderBody.Check(body)) {
    throw new Failure("invalid", 'the order is not like {} or { "node": "worker-1" }');
  }
  const { node } = body;
  const nodes = await service.order(act, { model, ...(node === undefined ? {} : { node }) });
  return jsonResponse(200, { model, act, nodes });
}

function partsOf(request: HttpRequest): {
  readonly model: string;
  readonly part: string | undefined;
} {
  const [model = "", part, ...more] = request.path.slice(path.length + 1).split("/");
  if (/^[A-Za-z0-9][\w.-]{0,62}$/.test(model) && more.length === 0) return { model, part };
  throw new Failure("not_found", "There is no such model. GET /api/models lists the models.");
}
