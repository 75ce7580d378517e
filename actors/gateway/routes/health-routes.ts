// How the gateway and the cluster are: for those who restart processes, those who route traffic to
// them, and those who look.
import { limits } from "#protocols/limits.ts";
import { jsonResponse } from "../http-message.ts";
import type { InpaintService } from "../inpaint-service.ts";
import { type PageFiles, sampleName } from "../page-files.ts";
import type { Route } from "../router.ts";

/**
 * - `/healthz`: 200 while the process answers at all; restart it when it does not.
 * - `/readyz`: 200 when a repair can be done now, else 503 with what is missing; route around it. Either
 *   says what an acknowledgement of the store survives.
 * - `/api/status`: the cluster's name, nodes, queue and models, and the limits of a request.
 */
export const healthRoutes = (service: InpaintService, files: PageFiles): readonly Route[] => [
  { method: "GET", path: "/healthz", handle: () => jsonResponse(200, { status: "alive" }) },
  {
    method: "GET",
    path: "/readyz",
    handle: async () => {
      const { ack, isReady, missing } = await service.readiness();
      return jsonResponse(isReady ? 200 : 503, {
        status: isReady ? "ready" : "not ready",
        missing,
        ack,
      });
    },
  },
  {
    method: "GET",
    path: "/api/status",
    handle: async () => {
      const status = await service.status();
      return jsonResponse(200, { ...status, limits: requestLimits, sample: sampleIn(files) });
    },
  },
];

const requestLimits = {
  imageBytesMax: limits.imageBytesMax,
  imagePixelsMax: limits.imagePixelsMax,
  requestBytesMax: limits.httpBodyBytesMax,
};

const sampleIn = (files: PageFiles): string | null =>
  files.has(sampleName) ? `/static/${sampleName}` : null;
