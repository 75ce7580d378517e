// Finds the route of a request. Pure, but for what the routes do.
//
// HEAD is answered by the route of GET (the server leaves the body out), OPTIONS by the router.
// Every answer may be read by pages of other origins, as with the server whose interface this is:
// a gateway that should not be open to them belongs behind a proxy that says who may come.
import type { HttpHandler, HttpRequest, HttpResponse } from "./http-message.ts";
import {
  failureResponse,
  isOwn,
  jsonResponse,
  pageResponse,
  textResponse,
} from "./http-message.ts";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Exact, or ending in `/*` for everything below. */
  readonly path: string;
  readonly handle: HttpHandler;
}

const allMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

/** Answers requests by the first route that fits; throws what the route throws. */
export function routeRequests(routes: readonly Route[]): HttpHandler {
  return async (request) => {
    const response = await answer(routes, request);
    return withOrigin(response, request.headers.get("origin"));
  };
}

function answer(
  routes: readonly Route[],
  request: HttpRequest,
): HttpResponse | Promise<HttpResponse> {
  const here = routes.filter((route) => isBelow(request.path, route.path));
  if (here.length === 0) return noRoute(request);
  if (request.method === "OPTIONS") return preflight(request, here);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = here.find((candidate) => candidate.method === method);
  return route ? route.handle(request) : noMethod(request, allowed(here));
}

function noRoute({ path }: HttpRequest): HttpResponse {
  if (!isOwn(path)) return pageResponse(404);
  const detail = `There is no route ${path.slice(0, 200)}; docs/http-api.md lists them.`;
  return failureResponse(path, { code: "not_found", detail });
}

function noMethod({ path, method }: HttpRequest, allow: string): HttpResponse {
  if (!isOwn(path)) return pageResponse(405, { Allow: allow });
  const detail = `${path.slice(0, 200)} does not take ${method}, only ${allow}.`;
  const headers = { Allow: allow, "X-Troupe-Code": "invalid" };
  return jsonResponse(405, { error: { code: "invalid", detail } }, headers);
}

const isBelow = (path: string, pattern: string): boolean =>
  pattern.endsWith("/*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;

function allowed(routes: readonly Route[]): string {
  const methods = new Set(["OPTIONS"]);
  for (const { method } of routes) {
    methods.add(method);
    if (method === "GET") methods.add("HEAD");
  }
  return [...methods].sort().join(", ");
}

function preflight(request: HttpRequest, routes: readonly Route[]): HttpResponse {
  const wanted = request.headers.get("access-control-request-headers");
  return textResponse(200, "", {
    Allow: allowed(routes),
    "Access-Control-Allow-Methods": allMethods,
    ...(wanted === undefined ? {} : { "Access-Control-Allow-Headers": wanted }),
  });
}

/** That pages of other origins may not read unless they are told so. */
const isHidden = (header: string): boolean => header.startsWith("X-") || hiddenHeaders.has(header);
const hiddenHeaders: ReadonlySet<string> = new Set([
  ...["Allow", "Idempotency-Replayed", "Location", "Preference-Applied", "Retry-After"],
]);

/** The same response, all of it readable for pages of any origin. */
export function withOrigin(response: HttpResponse, origin: string | undefined): HttpResponse {
  const exposed = ["Content-Disposition", ...Object.keys(response.headers).filter(isHidden)];
  return {
    ...response,
    headers: {
      ...response.headers,
      "Access-Control-Allow-Origin": origin ?? "*",
      "Access-Control-Expose-Headers": exposed.join(", "),
      ...(origin === undefined ? {} : { Vary: "Origin" }),
    },
  };
}
