// What the gateway's own process counts, for Prometheus. Other nodes are not asked.
import type { Metrics } from "#runtime/observation/metrics.ts";
import type { Route } from "../router.ts";

export const metricsRoute = (metrics: Metrics): Route => ({
  method: "GET",
  path: "/metrics",
  handle: () => ({
    status: 200,
    headers: {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
      "Cache-Control": "no-store",
    },
    body: metrics.toPrometheus(),
  }),
});
