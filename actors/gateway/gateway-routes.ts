// All that a gateway answers, in the order in which it looks for a request's route.
import type { ClusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import type { Metrics } from "#runtime/observation/metrics.ts";
import type { ClusterInpaintService } from "./cluster-inpaint-service.ts";
import type { ModelService } from "./model-service.ts";
import type { NamedActors } from "./named-actors.ts";
import type { NodeService } from "./node-service.ts";
import type { PageFiles } from "./page-files.ts";
import type { PluginService } from "./plugin-service.ts";
import { withRetryHint } from "./retry-hint.ts";
import type { Route } from "./router.ts";
import { batchRoutes } from "./routes/batch-routes.ts";
import { confirmationRoutes } from "./routes/confirmation-routes.ts";
import { errorRoutes } from "./routes/error-routes.ts";
import { healthRoutes } from "./routes/health-routes.ts";
import { lamaCleanerRoutes } from "./routes/lama-cleaner-routes.ts";
import { metricsRoute } from "./routes/metrics-route.ts";
import { modelRoutes } from "./routes/model-routes.ts";
import { movingRoutes } from "./routes/moving-routes.ts";
import { nodeRoutes } from "./routes/node-routes.ts";
import { pageRoutes } from "./routes/page-routes.ts";
import { pluginRoutes } from "./routes/plugin-routes.ts";
import { readingRoutes } from "./routes/reading-routes.ts";
import { skillRoutes } from "./routes/skill-routes.ts";
import { stateRoutes } from "./routes/state-routes.ts";
import { statisticsRoutes } from "./routes/statistics-routes.ts";
import { taskApiRoutes } from "./routes/task-api-routes.ts";
import { taskRoutes } from "./routes/task-routes.ts";
import { textRemovalRoute } from "./routes/text-removal-route.ts";
import type { StateService } from "./state-service.ts";
import type { TaskService } from "./task-service.ts";

export interface RoutedServices {
  readonly inpaint: ClusterInpaintService;
  readonly tasks: TaskService;
  readonly nodes: NodeService;
  readonly models: ModelService;
  readonly plugins: PluginService;
  readonly states: StateService;
  readonly named: NamedActors;
  readonly files: PageFiles;
  readonly random: () => number;
  /** Milliseconds since 1970 UTC. */
  readonly wall: () => number;
  /** undefined: no such routes. */
  readonly metrics: Metrics | undefined;
  readonly mover: ClusterMover | undefined;
}

export function gatewayRoutes(services: RoutedServices): readonly Route[] {
  const { inpaint, tasks, nodes, models, plugins, states, named, files } = services;
  const { random, wall, metrics, mover } = services;
  const submitting = [
    ...lamaCleanerRoutes(inpaint, { random }),
    ...pluginRoutes(plugins, tasks),
    ...taskApiRoutes(tasks),
    ...batchRoutes(tasks),
    textRemovalRoute(tasks),
  ];
  return [
    ...withRetryHint(submitting, (refusal) => tasks.msUntilRoom(refusal)),
    ...taskRoutes(inpaint),
    ...healthRoutes(inpaint, files),
    ...nodeRoutes(nodes),
    ...modelRoutes(models),
    ...skillRoutes(named),
    ...errorRoutes(named, tasks),
    ...confirmationRoutes(named),
    ...stateRoutes(states),
    ...(states.reads ? readingRoutes(states.reads) : []),
    ...statisticsRoutes(named, wall),
    ...(metrics ? [metricsRoute(metrics)] : []),
    ...(mover ? movingRoutes(mover) : []),
    ...pageRoutes(files),
  ];
}
