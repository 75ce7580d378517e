// Runs one node of a topology in this process: links, directory, supervision trees; and ends it.
import { join } from "node:path";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { ErrorCounts } from "#actors/errors/error-counts.ts";
import type { NodeProvider } from "#actors/scaling/node-provider.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations } from "#protocols/tasks/confirmations.ts";
import { ControlChannel, ControlHandler, NodeControl } from "#protocols/tasks/control.ts";
import { ErrorHandler } from "#protocols/tasks/errors.ts";
import { Gateway } from "#protocols/tasks/gateway.ts";
import { NodeAgent, type NodeLeave, NodeRegistry } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { State } from "#protocols/tasks/state.ts";
import { StateListener } from "#protocols/tasks/state-notices.ts";
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
import { detectCapability, withStated } from "../capability/detect-capability.ts";
import { readCapabilityFile } from "../topology/capability-file.ts";
import { actorsOf, type ClusterPlan, type NodePlan, pathOf } from "../topology/topology-plan.ts";
import { formerEndIn } from "./former-end.ts";
import { leaveObstacles } from "./leave-obstacles.ts";
import { LeaveWish } from "./leave-wish.ts";
import { memberFigures } from "./member-figures.ts";
import { nodeAddress } from "./node-address.ts";
import { observationOf } from "./node-observation.ts";
import { takeOrders } from "./node-orders-desk.ts";
import { createNodeProbe } from "./node-probe.ts";
import { nodeProviders } from "./node-providers.ts";
import { openNodeSecurity } from "./node-security.ts";
import { reportOnSignal } from "./report-signal.ts";
import { type Surroundings, treeOf } from "./topology-actors.ts";
import { loadWorkerModules } from "./worker-modules.ts";

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
  State,
  StateListener,
  Gateway,
  ControlChannel,
  ControlHandler,
  NodeControl,
  Confirmations,
  ErrorHandler,
];

/**
 * The share of a session for which a process may stand still before its peers give it up for good: less than
 * all of it, so that one that still has its session when it comes back is not made to start anew, and all
 * others with it.
 */
const downAfterShare = 2 / 3;
/** Milliseconds that leaving the directory may take. */
const leaveMs = 500;

/** `launcher`: starts and ends the nodes of groups that have no command of their own. */
export async function runNode(
  plan: ClusterPlan,
  node: NodePlan,
  launcher: NodeProvider,
): Promise<RunningNode> {
  const probe = createNodeProbe(plan.dataFolder);
  const means = await meansOf(plan, node);
  const workers = await loadWorkerModules(node);
  const leaving = new LeaveWish();
  const log = standardLog(node.name, nodeClock);
  const observation = plan.observation && observationOf(plan.observation, log);
  const security = await openNodeSecurity(plan, node, { clock: nodeClock, log });
  const { system, address, failed, members, session } = await startSystem({
    ...nodeOptions(plan, node),
    log,
    security,
    ...(observation === null ? {} : { observer: observation.observer }),
  });
  const controlCounts = new ControlCounts();
  const errorCounts = new ErrorCounts();
  const shown = new Map<string, () => FigureSource>([
    ["control", () => controlCounts.figures()],
    ["errors", () => errorCounts.figures()],
  ]);
  spawnMover(system);
  const stopReporting = observation === null ? () => {} : reportOnSignal(observation);
  if (observation !== null) {
    observation.attach(system);
    observation.metrics.show(() => memberFigures(members));
    observation.metrics.show(() => joined([...shown.values()]));
    system.provide(metricsService, observation.metrics);
  }
  const ending = endingOf(node, leaving);
  takeOrders(system, { plan, ...ending });
  const started = startTrees(system, {
    plan,
    node,
    probe,
    controlCounts,
    errorCounts,
    ...means,
    workers,
    served: servedOn(system, node),
    ...ending,
    address: nodeAddress(address),
    formerEnd: formerEndIn(process.env),
    providerOf: nodeProviders({ plan, launcher, log }),
    show: (who, figures) => {
      shown.set(who, figures);
    },
  });
  await Promise.race([started, failed.then((failure) => Promise.reject(failure))]);
  const gateway = gatewayOf(system, node);
  const url = (await gateway?.address())?.url;
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

/** What the topology says of the node's place in the cluster. */
const nodeOptions = (plan: ClusterPlan, node: NodePlan) => ({
  node: { name: node.name, incarnation: incarnationOf(plan, node) },
  cluster: plan.cluster,
  bind: node.bind,
  director: directorOf(plan),
  directoryFile: join(plan.dataFolder, "directory.sqlite"),
  downAfterMs: plan.sessionMs * downAfterShare,
  membership: {
    ...plan.membership,
    ...(node.heartbeats === null ? {} : { bind: node.heartbeats }),
  },
  session: { ttlMs: plan.sessionMs, predecessor: predecessorOf(process.env) },
  peers: new Map(plan.nodes.filter(hasFixedAddress).map(({ name, bind }) => [name, bind])),
  protocols,
});

const endingOf = (node: NodePlan, leaving: LeaveWish) => ({
  leave: (order: NodeLeave): void => leaving.tell(order),
  obstacles: leaveObstacles(node, startedBy()),
});

async function startTrees(system: ActorSystem, surroundings: Surroundings): Promise<void> {
  for (const planned of surroundings.node.supervision) {
    const tree = treeOf(planned, surroundings);
    if (tree.kind === "actor") continue;
    const { name, supervise, children } = tree;
    await system.started(system.spawn(Supervisor, { children }, { name, supervise }));
  }
}

/** Models are looked at only where something runs them. */
async function meansOf(
  plan: ClusterPlan,
  node: NodePlan,
): Promise<Pick<Surroundings, "capability" | "stated">> {
  const isWorker = actorsOf(node.supervision).some(({ actor }) => actor === "inference");
  const stated = node.capabilityFile === null ? {} : await readCapabilityFile(node.capabilityFile);
  const models = isWorker ? plan.models : [];
  const place = { dataFolder: plan.dataFolder, models, nowMs: nodeClock.wall() };
  const capability = withStated(await detectCapability(place), stated);
  return { capability, stated };
}

/** Grows with each start of the node, also when the clock was set back in between. */
const incarnationOf = (plan: ClusterPlan, node: NodePlan): number =>
  rememberedIncarnation(join(plan.dataFolder, `${node.name}.incarnation`), nodeClock.wall());

/** A process that no launcher has started would not be started again. */
const startedBy = (): "launcher" | "hand" => (process.send === undefined ? "hand" : "launcher");

/** Whoever started this process says whether it has seen the former one end. */
const predecessorOf = (env: NodeJS.ProcessEnv): Predecessor =>
  env["TROUPE_PREDECESSOR"] === "gone" ? "gone" : "unknown";

const directorOf = (plan: ClusterPlan): string =>
  plan.nodes.find(({ isDirector }) => isDirector)?.name ?? "";

const hasFixedAddress = ({ bind }: NodePlan): boolean => !bind.endsWith(":*");

function servedOn(system: ActorSystem, node: NodePlan): Surroundings["served"] {
  const { supervision } = node;
  const path = pathOf(supervision, "inference") ?? pathOf(supervision, "task-worker") ?? "";
  const worker = system.refTo(Worker, { node: node.name, path });
  return () => worker.served();
}

function gatewayOf(system: ActorSystem, node: NodePlan): Ref<Gateway> | undefined {
  const path = pathOf(node.supervision, "http-gateway");
  return path === undefined ? undefined : system.refTo(Gateway, { node: node.name, path });
}

function joined(shown: readonly (() => FigureSource)[]): FigureSource {
  const sources = shown.map((figures) => figures());
  return {
    figures: sources.flatMap(({ figures }) => figures),
    bounds: sources.flatMap(({ bounds }) => bounds),
  };
}
