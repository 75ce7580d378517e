// The node's metrics, for actors of the node that show them: `ctx.use(metricsService)`.
import { serviceKey } from "#runtime/core/services.ts";
import { Metrics } from "./metrics.ts";

export const metricsService = serviceKey("metrics", (value) =>
  value instanceof Metrics ? value : undefined,
);
