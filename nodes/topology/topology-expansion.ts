// From the document to the plan: roles become trees, replicas become nodes, paths become absolute,
// what was left out gets its default. Pure; refuses nothing, that is the checks' part.
import path from "node:path";
import type { EndpointTerms } from "#actors/control/endpoint-terms.ts";
import type { RepositoryTerms } from "#actors/inference/inference-actor.ts";
import { limits } from "#protocols/limits.ts";
import type {
  ChildDocument,
  LifeDocument,
  NodeDocument,
  SupervisorDocument,
  TopologyDocument,
} from "#protocols/outside/topology.ts";
import type { BackoffDocument } from "#protocols/outside/topology-launcher.ts";
import type { ControlDocument, SecurityDocument } from "#protocols/outside/topology-links.ts";
import type { RepositoryDocument } from "#protocols/outside/topology-models.ts";
import type { ObservationDocument } from "#protocols/outside/topology-observation.ts";
import { resourceClasses } from "#protocols/tasks/resource-demand.ts";
import type { LifeTerms } from "#runtime/core/actor-class.ts";
import type { BackoffSpec } from "#runtime/core/backoff.ts";
import { supervisionDefault } from "#runtime/core/supervision.ts";
import { treeOfRoles } from "../roles/role-trees.ts";
import { sessionMsDefault } from "./membership-check.ts";
import { paceOf } from "./pace-plan.ts";
import { expandQueues } from "./queue-expansion.ts";
import { expandGroups } from "./scaling-expansion.ts";
import { mirrorOf } from "./state-mirror.ts";
import { dataFolderOf, storePlaceOf } from "./store-place.ts";
import type {
  ActorPlan,
  ChildPlan,
  ClusterPlan,
  LauncherPlan,
  NodePlan,
  NodeSettings,
  ObservationPlan,
  SecurityPlan,
  SupervisorPlan,
} from "./topology-plan.ts";

/** A node that has stood still for a session has lost its place; by two of them it will not see that itself. */
const sessionsBlockedMax = 2;

export const launcherDefault: LauncherPlan = {
  restartsMax: 10,
  withinMs: 60_000,
  backoff: { delayMsMin: 100, delayMsMax: 10_000, factor: 2, jitter: 0.2 },
  // Its models have 90 s to become warm, which a node that is ended before them never gets.
  startTimeoutMs: 120_000,
  blockedMsMax: sessionsBlockedMax * sessionMsDefault,
  drainTimeoutMs: 10_000,
};

const pollMsDefault = 15_000;

export const observationDefault: ObservationPlan = {
  eventsPerActor: 16,
  payloads: "shape",
  slowMs: 1,
  tracedShare: null,
};

const settingsDefault: NodeSettings = {
  slots: null,
  threads: null,
  memoryBytesMax: null,
  classes: resourceClasses,
  skills: [],
  tags: [],
};

export interface ExpansionPlace {
  /** Absolute path of the topology file; relative paths start at its folder. */
  readonly file: string;
  /** Absolute folder that holds the built-in models. */
  readonly builtinModels: string;
}

export interface Expansion {
  readonly plan: ClusterPlan;
  /** For each node of the plan, its index in the document. */
  readonly origins: readonly number[];
}

export function expandTopology(document: TopologyDocument, place: ExpansionPlace): Expansion {
  const folder = path.dirname(place.file);
  const isScaled = document.nodes.some(({ scaling }) => scaling !== undefined);
  const nodes = document.nodes.flatMap((node, origin) =>
    expandNode(node, { folder, isScaled }).map((plan) => ({ plan, origin })),
  );
  const pace = paceOf(document.profile);
  const {
    removeAfterMs = limits.nodeRemoveAfterMs,
    sessionMs = sessionMsDefault,
    ...heartbeats
  } = document.membership ?? {};
  const launcher = expandLauncher(document.launcher, sessionMs);
  const queues = expandQueues(document.queues, pace.leaseMs);
  const plan: ClusterPlan = {
    cluster: document.cluster,
    pace,
    file: place.file,
    store: storePlaceOf(document.store, { folder, cluster: document.cluster }),
    dataFolder: dataFolderOf(document.store, folder),
    models: document.models.map((model) => ({
      name: model.name,
      folder:
        model.path === "builtin"
          ? path.join(place.builtinModels, model.name)
          : path.resolve(folder, model.path),
    })),
    repository: expandRepository(document.repository, folder),
    gateway:
      document.gateway === undefined
        ? null
        : {
            host: document.gateway.host ?? "127.0.0.1",
            port: document.gateway.port,
            model: document.gateway.model,
          },
    control: expandControl(document.control, folder),
    mirror: mirrorOf(document.state, document.cluster),
    queues,
    skills: (document.skills ?? []).map(({ name, ...terms }) => ({ skill: name, ...terms })),
    demands: document.demands ?? [],
    launcher,
    observation: expandObservation(document.observation),
    security: expandSecurity(document.security, folder),
    membership: {
      ...(pace.heartbeatMs === null ? {} : { heartbeatMs: pace.heartbeatMs }),
      ...heartbeats,
    },
    sessionMs,
    removeAfterMs,
    nodes: nodes.map((node) => node.plan),
    groups: expandGroups(document, { folder, nodes, queues, launcher }),
  };
  return { plan, origins: nodes.map((node) => node.origin) };
}

/** The explicit tree of a node, or what its roles stand for. */
const treeOf = (
  node: NodeDocument,
  cluster: { readonly isScaled: boolean },
): readonly SupervisorDocument[] => node.supervision ?? treeOfRoles(node.roles ?? [], cluster);

function expandNode(
  node: NodeDocument,
  { folder, isScaled }: { readonly folder: string; readonly isScaled: boolean },
): readonly NodePlan[] {
  const settings: NodeSettings = { ...settingsDefault, ...node.settings };
  const place = { settings, folder };
  const supervision = treeOf(node, { isScaled }).map((tree) => expandSupervisor(tree, place));
  const { bind, director: isDirector = false, heartbeats = null } = node;
  const capabilityFile =
    node.capability === undefined ? null : path.resolve(folder, node.capability);
  const common = { bind, heartbeats, isDirector, settings, capabilityFile, supervision };
  const replicas = node.scaling?.max ?? node.replicas;
  if (replicas === undefined) return [{ name: node.name, ...common }];
  return Array.from({ length: replicas }, (_, index) => ({
    name: `${node.name}-${index + 1}`,
    ...common,
  }));
}

/** What its actors share, and where their modules are looked for. */
interface TreePlace {
  readonly settings: NodeSettings;
  readonly folder: string;
}

function expandSupervisor(tree: SupervisorDocument, place: TreePlace): SupervisorPlan {
  return {
    kind: "supervisor",
    name: tree.supervisor,
    strategy: tree.strategy ?? supervisionDefault.strategy,
    restartsMax: tree.restartsMax ?? supervisionDefault.restartsMax,
    withinMs: tree.withinMs ?? supervisionDefault.withinMs,
    backoff: expandBackoff(tree.backoff, supervisionDefault.backoff),
    life: lifeOf(tree),
    children: tree.children.map((child) => expandChild(child, place)),
  };
}

function expandChild(child: ChildDocument, place: TreePlace): ChildPlan {
  if ("supervisor" in child) return expandSupervisor(child, place);
  const plan: ActorPlan = {
    kind: "actor",
    name: child.name ?? child.actor,
    actor: child.actor,
    life: lifeOf(child),
    settings: { ...place.settings, ...child.settings },
    module: child.module === undefined ? null : path.resolve(place.folder, child.module),
    models: child.models ?? null,
    arguments: child.arguments ?? {},
    thread: child.thread ?? null,
  };
  return plan;
}

/** Only what the topology says: the rest is left to the actor's kind. */
const lifeOf = ({ restart, startTimeoutMs, stopTimeoutMs }: LifeDocument): LifeTerms => ({
  ...(restart === undefined ? {} : { restart }),
  ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
  ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
});

function expandRepository(
  { mode = "none", path: root, load = [], pollMs = pollMsDefault }: RepositoryDocument = {},
  folder: string,
): RepositoryTerms {
  return { mode, root: root === undefined ? null : path.resolve(folder, root), load, pollMs };
}

function expandControl(control: ControlDocument | undefined, folder: string): EndpointTerms | null {
  if (control === undefined) return null;
  const { bind: address, access = "machine", security } = control;
  const curveFolder = security === undefined ? null : path.resolve(folder, security.keys);
  return { address, access, curveFolder };
}

const expandLauncher = (
  launcher: TopologyDocument["launcher"],
  sessionMs: number,
): LauncherPlan => ({
  ...launcherDefault,
  blockedMsMax: sessionsBlockedMax * sessionMs,
  ...launcher,
  backoff: expandBackoff(launcher?.backoff, launcherDefault.backoff),
});

const expandObservation = ({
  watch = true,
  ...given
}: ObservationDocument = {}): ObservationPlan | null =>
  watch ? { ...observationDefault, ...given } : null;

const expandSecurity = (
  { mode, keys = "keys", openTo }: SecurityDocument = { mode: "plain" },
  folder: string,
): SecurityPlan =>
  mode === "curve"
    ? { mode, keys: path.resolve(folder, keys) }
    : { mode, reach: openTo ?? "machine" };

/** A bound given alone draws the other one along, so that least never exceeds most. */
export function expandBackoff(
  backoff: BackoffDocument | undefined,
  fallback: BackoffSpec,
): BackoffSpec {
  const delayMsMax = backoff?.delayMsMax ?? Math.max(fallback.delayMsMax, backoff?.delayMsMin ?? 0);
  const delayMsMin = backoff?.delayMsMin ?? Math.min(fallback.delayMsMin, delayMsMax);
  return {
    delayMsMin,
    delayMsMax,
    factor: backoff?.factor ?? fallback.factor,
    jitter: backoff?.jitter ?? fallback.jitter,
  };
}
