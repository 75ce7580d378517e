// The interface of Lama Cleaner 1.2, but for the repair itself (inpaint-route.ts) and the plugins
// (plugin-routes.ts): models and what its page asks for when it starts. The file manager and automatic
// saving are off here, and these routes answer as that server does when they are.
import { announcedName, isKnownModel } from "#protocols/outside/lama-cleaner.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { pageResponse, textResponse } from "../http-message.ts";
import type { InpaintService } from "../inpaint-service.ts";
import { readForm } from "../multipart.ts";
import type { Route } from "../router.ts";
import { type InpaintPorts, inpaintHandler } from "./inpaint-route.ts";
import { inOriginalWords } from "./task-response.ts";

const downloadedPath = "/model_downloaded/";

export const lamaCleanerRoutes = (
  service: InpaintService,
  ports: InpaintPorts,
): readonly Route[] => [
  { method: "POST", path: "/inpaint", handle: inOriginalWords(inpaintHandler(service, ports)) },
  { method: "GET", path: "/model", handle: () => textResponse(200, announcedName(service.model)) },
  { method: "POST", path: "/model", handle: (request) => switchModel(service, request) },
  {
    method: "GET",
    path: `${downloadedPath}*`,
    handle: (request) => modelDownloaded(service, request.path.slice(downloadedPath.length)),
  },
  { method: "GET", path: "/is_desktop", handle: () => textResponse(200, "False") },
  { method: "GET", path: "/inputimage", handle: () => textResponse(200, "No Input Image") },
  { method: "POST", path: "/save_image", handle: () => textResponse(500, "--output-dir is None") },
];

/** Takes a model's own name and, where no model bears it, the name under which one is announced. */
async function switchModel(service: InpaintService, request: HttpRequest): Promise<HttpResponse> {
  const form = readForm(request.headers.get("content-type"), request.body);
  const name = form?.texts.get("name");
  if (name === undefined) return textResponse(403, "None not implemented");
  if (name === service.model) return textResponse(200, "Same model");
  const offered = await service.models();
  const own = offered.find((one) => one === name);
  if (own === undefined && name === announcedName(service.model)) {
    return textResponse(200, "Same model");
  }
  const model = own ?? offered.find((one) => announcedName(one) === name);
  if (model === undefined) return textResponse(403, `${name} not implemented`);
  await service.useModel(model);
  return textResponse(200, `ok, switch to ${name}`);
}

async function modelDownloaded(service: InpaintService, name: string): Promise<HttpResponse> {
  const offered = await service.models();
  const isOffered = offered.some((own) => own === name || announcedName(own) === name);
  if (!isOffered && !isKnownModel(name)) return pageResponse(500);
  return textResponse(200, isOffered ? "True" : "False");
}
