// Runs one node of a topology in this process: links, directory, supervision trees; and ends it.
import { join } from "node:path";
import { ControlCounts } from "#actors/control/control-counts.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ControlChannel, ControlHandler, NodeControl } from "#protocols/tasks/control.ts";
import { Gateway } from "#protocols/tasks/gateway.ts";
import { NodeAgent, type NodeLeave, NodeRegistry } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import type { Predecessor } from "#runtime/cluster/directory/directory.ts";
import { spawnMover } from "#runtime/cluster/moving/mover-actor.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { standardLog } from "#runtime/host/json-log.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { rememberedIncarnation } from "#runtime/host/node-incarnation.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import { Supervisor } from "#runtime/patterns/supervisor.ts";
import { startSystem } from "#runtime/start-system.ts";
import {
  type DetectedCapability,
  detectCapability,
  withStated,
} from "../capability/detect-capability.ts";
import { readCapabilityFile } from "../topology/capability-file.ts";
import { actorsOf, type ClusterPlan, type NodePlan, pathOf } from "../topology/topology-plan.ts";
import { LeaveWish } from "./leave-wish.ts";
import { memberFigures } from "./member-figures.ts";
import { observationOf } from "./node-observation.ts";
import { takeOrders } from "./node-orders-desk.ts";
import { createNodeProbe } from "./node-probe.ts";
import { openNodeSecurity } from "./node-security.ts";
import { reportOnSignal } from "./report-signal.ts";
import { type Surroundings, treeOf } from "./topology-actors.ts";

export interface RunningNode {
  /** `url` of the node's gateway, when it has one. */
  readonly ready: { readonly url?: string };
  /** Takes no new work and waits for what is in flight, until `deadlineMs` of a monotonic clock. */
  drain(deadlineMs: number): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when the node cannot go on. */
  readonly failed: Promise<Failure>;
  /** Resolves when the node is told to end, by an order to its agent. */
  readonly leaving: Promise<NodeLeave>;
}

/** All that may stand behind a ref in a message. */
const protocols = [
  Store,
  Queue,
  Worker,
  NodeRegistry,
  NodeAgent,
  Gateway,
  ControlChannel,
  ControlHandler,
  NodeControl,
];

/** So long may the director be away, as while it starts anew, before nodes must give up theirs. */
const sessionMs = 15_000;
/** Milliseconds that leaving the directory may take. */
const leaveMs = 500;

export async function runNode(plan: ClusterPlan, node: NodePlan): Promise<RunningNode> {
  const probe = createNodeProbe(plan.dataFolder);
  const capability = await capabilityOf(plan, node);
  const leaving = new LeaveWish();
  let nodeFigures = (): FigureSource => ({ figures: [], bounds: [] });
  const log = standardLog(node.name, nodeClock);
  const observation = plan.observation && observationOf(plan.observation, log);
  const security = await openNodeSecurity(plan, node, { clock: nodeClock, log });
  const { system, failed, members, session } = await startSystem({
    node: { name: node.name, incarnation: incarnationOf(plan, node) },
    bind: node.bind,
    director: directorOf(plan),
    directoryFile: join(plan.dataFolder, "directory.sqlite"),
    membership: {
      ...plan.membership,
      ...(node.heartbeats === null ? {} : { bind: node.heartbeats }),
    },
    session: { ttlMs: sessionMs, predecessor: predecessorOf(process.env) },
    peers: new Map(plan.nodes.filter(hasFixedAddress).map(({ name, bind }) => [name, bind])),
    protocols,
    log,
    security,
    ...(observation === null ? {} : { observer: observation.observer }),
  });
  const controlCounts = new ControlCounts();
  spawnMover(system);
  const stopReporting = observation === null ? () => {} : reportOnSignal(observation);
  if (observation !== null) {
    observation.attach(system);
    observation.metrics.show(() => memberFigures(members));
    observation.metrics.show(() => controlCounts.figures());
    observation.metrics.show(() => nodeFigures());
    system.provide(metricsService, observation.metrics);
  }
  takeOrders(system, { plan, node, leave: (order) => leaving.tell(order) });
  const started = startTrees(system, {
    plan,
    node,
    probe,
    controlCounts,
    capability,
    leave: (order) => leaving.tell(order),
    show: (figures) => {
      nodeFigures = figures;
    },
  });
  await Promise.race([started, failed.then((failure) => Promise.reject(failure))]);
  const gateway = gatewayOf(system, node);
  const url = gateway === undefined ? undefined : (await gateway.address()).url;
  return {
    ready: url === undefined ? {} : { url },
    failed,
    leaving: leaving.told,
    async drain(deadlineMs) {
      session.leave();
      const within = Math.max(0, deadlineMs - nodeClock.now());
      await gateway?.$.with({ within }).drain();
    },
    async stop() {
      await session.close(leaveMs);
      await system.stop();
      security.close();
      probe.stop();
      stopReporting();
    },
  };
}

async function startTrees(system: ActorSystem, surroundings: Surroundings): Promise<void> {
  for (const planned of surroundings.node.supervision) {
    const tree = treeOf(planned, surroundings);
    if (tree.kind === "actor") continue;
    const { name, supervise, children } = tree;
    await system.started(system.spawn(Supervisor, { children }, { name, supervise }));
  }
}

/** Models are looked at only where something runs them. */
async function capabilityOf(plan: ClusterPlan, node: NodePlan): Promise<DetectedCapability> {
  const isWorker = actorsOf(node.supervision).some(({ actor }) => actor === "inference");
  const stated = node.capabilityFile === null ? {} : await readCapabilityFile(node.capabilityFile);
  const models = isWorker ? plan.models : [];
  const place = { dataFolder: plan.dataFolder, models, nowMs: nodeClock.wall() };
  return withStated(await detectCapability(place), stated);
}

/** Grows with each start of the node, also when the clock was set back in between. */
const incarnationOf = (plan: ClusterPlan, node: NodePlan): number =>
  rememberedIncarnation(join(plan.dataFolder, `${node.name}.incarnation`), nodeClock.wall());

/** Whoever started this process says whether it has seen the former one end. */
const predecessorOf = (env: NodeJS.ProcessEnv): Predecessor =>
  env["TROUPE_PREDECESSOR"] === "gone" ? "gone" : "unknown";

const directorOf = (plan: ClusterPlan): string =>
  plan.nodes.find(({ isDirector }) => isDirector)?.name ?? "";

const hasFixedAddress = ({ bind }: NodePlan): boolean => !bind.endsWith(":*");

function gatewayOf(system: ActorSystem, node: NodePlan): Ref<Gateway> | undefined {
  const path = pathOf(node.supervision, "http-gateway");
  return path === undefined ? undefined : system.refTo(Gateway, { node: node.name, path });
}
