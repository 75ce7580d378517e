// What must hold across a topology: one director, unique names and sockets, one store, a worker.
// Pure: document and its expansion in, problems out.

import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { ActorKind, TopologyDocument } from "#protocols/outside/topology.ts";
import { backoffProblems } from "./backoff-check.ts";
import { type BindAddress, isSameSocket, parseBind } from "./bind-address.ts";
import { controlProblems } from "./control-check.ts";
import { membershipProblems } from "./membership-check.ts";
import { observationProblems } from "./observation-check.ts";
import { queueProblems } from "./queue-check.ts";
import { repositoryProblems } from "./repository-check.ts";
import { scalingProblems } from "./scaling-check.ts";
import { reachProblem, securityProblems } from "./security-check.ts";
import { skillProblems } from "./skill-check.ts";
import { stateProblems } from "./state-mirror.ts";
import { storeProblems } from "./store-place.ts";
import type { Expansion } from "./topology-expansion.ts";
import { actorsOf, type ClusterPlan, isWorker, modelNames } from "./topology-plan.ts";
import { treeProblems } from "./tree-check.ts";

export function checkTopology(
  document: TopologyDocument,
  expansion: Expansion,
): readonly Problem[] {
  const trees = document.nodes.flatMap((node, index) => treeProblems(node, ["nodes", index]));
  return [
    ...storeProblems(document.store),
    ...modelProblems(document, expansion.plan),
    ...repositoryProblems(document.repository),
    ...queueProblems(document, expansion.plan),
    ...skillProblems(document),
    ...backoffProblems(document.launcher?.backoff, ["launcher", "backoff"]),
    ...observationProblems(document.observation),
    ...membershipProblems(document.membership),
    ...securityProblems(document.security),
    ...trees,
    ...directorProblems(document),
    ...nodeNameProblems(expansion),
    ...socketProblems(document),
    ...(trees.length === 0 ? scalingProblems(document, expansion) : []),
    // A node without a tree would make every actor of it seem to be missing.
    ...(trees.length === 0 ? actorProblems(document, expansion) : []),
  ];
}

function modelProblems(document: TopologyDocument, plan: ClusterPlan): readonly Problem[] {
  const names = document.models.map((model) => model.name);
  const repeated = names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          value(
            ["models", index, "name"],
            `${name} is the name of an earlier model too`,
            "rename it",
          ),
        ],
  );
  const wanted = document.gateway?.model;
  const known = modelNames(plan);
  if (wanted === undefined || known.includes(wanted)) return repeated;
  const message = `there is no model ${wanted}`;
  const remedy = `write one of ${known.join(", ")}, or add ${wanted} to models`;
  return [...repeated, value(["gateway", "model"], message, remedy)];
}

function directorProblems(document: TopologyDocument): readonly Problem[] {
  const directors = document.nodes.flatMap((node, index) => (node.director ? [index] : []));
  const [first, ...others] = directors;
  if (first === undefined) {
    const message = "no node is the director";
    return [value(["nodes"], message, "write director: true at the node with role control")];
  }
  const director = document.nodes[first];
  const path = ["nodes", first];
  const second = others.map((index) =>
    value(
      ["nodes", index, "director"],
      `${document.nodes[first]?.name} is the director already`,
      "keep director: true at exactly one node",
    ),
  );
  const copies =
    (director?.replicas ?? 1) > 1
      ? [value([...path, "replicas"], "the director cannot be there several times", "write 1")]
      : [];
  const address = parseBind(director?.bind ?? "");
  const remedy = "write a fixed port, for example tcp://127.0.0.1:7600";
  const roaming =
    address?.port === null
      ? [value([...path, "bind"], "the other nodes must know the director's port", remedy)]
      : [];
  return [...second, ...copies, ...roaming];
}

function nodeNameProblems({ plan, origins }: Expansion): readonly Problem[] {
  const firsts = new Map<string, number>();
  const reported = new Set<number>();
  return plan.nodes.flatMap((node, index) => {
    const origin = origins[index] ?? 0;
    const first = firsts.get(node.name);
    if (first === undefined) firsts.set(node.name, origin);
    if (first === undefined || reported.has(origin)) return [];
    reported.add(origin);
    const message = `the node name ${node.name} is taken by nodes[${first}]`;
    return [value(["nodes", origin, "name"], message, "write another name")];
  });
}

interface NamedSocket {
  readonly path: KeyPath;
  readonly owner: string;
  readonly address: BindAddress;
}

function socketProblems(document: TopologyDocument): readonly Problem[] {
  const problems: Problem[] = [];
  const taken: NamedSocket[] = [];
  const { gateway } = document;
  if (gateway !== undefined) {
    const address = { host: gateway.host ?? "127.0.0.1", port: gateway.port };
    taken.push({ path: ["gateway", "port"], owner: "the gateway", address });
  }
  const control = parseBind(document.control?.bind ?? "");
  if (control !== undefined) {
    const other = taken.find((socket) => isSameSocket(socket.address, control));
    if (other !== undefined) {
      const message = `port ${control.port} is taken by ${other.owner}`;
      problems.push(value(["control", "bind"], message, "write another port"));
    }
    taken.push({ path: ["control", "bind"], owner: "the control channel", address: control });
  }
  document.nodes.forEach((node, index) => {
    for (const key of ["bind", "heartbeats"] as const) {
      const path = ["nodes", index, key];
      const text = node[key];
      if (text === undefined) continue;
      const address = parseBind(text);
      if (address === undefined) {
        const message = `${text} is no address`;
        problems.push(value(path, message, "write four numbers up to 255 and a port up to 65535"));
        continue;
      }
      const refusal =
        reachProblem(document.security, address, path) ?? sharingProblem(node, address, path);
      if (refusal !== undefined) problems.push(refusal);
      const other = taken.find((socket) => isSameSocket(socket.address, address));
      if (other !== undefined) {
        const message = `port ${address.port} is taken by ${other.owner}`;
        problems.push(value(path, message, "write another port, or * for any free one"));
      }
      taken.push({ path, owner: `node ${node.name}`, address });
    }
  });
  return problems;
}

function sharingProblem(
  node: TopologyDocument["nodes"][number],
  address: BindAddress,
  path: KeyPath,
): Problem | undefined {
  const most = node.scaling?.max ?? node.replicas ?? 1;
  if (address.port !== null && most > 1) {
    const message = `${most} ${node.scaling ? "nodes" : "replicas"} cannot share port ${address.port}`;
    return value(path, message, `write tcp://${address.host}:*`);
  }
  return undefined;
}

interface Census {
  readonly least: number;
  readonly most: number;
  readonly remedy: string;
}

/** How many of a kind a cluster has; kinds that are not named may be there any number of times. */
const censuses: Partial<Readonly<Record<ActorKind, Census>>> = {
  store: { least: 1, most: 1, remedy: "give the role control to exactly one node" },
  "state-manager": { least: 0, most: 1, remedy: "give the role control to exactly one node" },
  "queue-manager": { least: 1, most: 1, remedy: "give the role control to exactly one node" },
  "node-registry": { least: 1, most: 1, remedy: "give the role control to exactly one node" },
  "node-scaler": { least: 0, most: 1, remedy: "give the role control to exactly one node" },
  "control-channel": { least: 0, most: 1, remedy: "give the role control to exactly one node" },
  "error-handler": { least: 0, most: 1, remedy: "give the role control to exactly one node" },
  confirmations: { least: 0, most: 1, remedy: "give the role control to exactly one node" },
  "http-gateway": { least: 0, most: 1, remedy: "give the role gateway to one node only" },
};

function actorProblems(document: TopologyDocument, expansion: Expansion): readonly Problem[] {
  const { plan, origins } = expansion;
  const placed = plan.nodes.flatMap((node, index) =>
    actorsOf(node.supervision).map((actor) => ({
      kind: actor.actor,
      node: node.name,
      origin: origins[index] ?? 0,
    })),
  );
  const problems = Object.entries(censuses).flatMap(([kind, census]) => {
    const found = placed.filter((actor) => actor.kind === kind);
    if (found.length >= census.least && found.length <= census.most) return [];
    const [first, second] = found;
    if (first === undefined)
      return [value(["nodes"], `no node has the actor ${kind}`, census.remedy)];
    const message = `there are ${found.length} actors of kind ${kind}, the first on ${first.node}`;
    return [value(["nodes", second?.origin ?? first.origin], message, census.remedy)];
  });
  const hasWorker = placed.some(({ kind }) => isWorker({ actor: kind }));
  const idle = value(["nodes"], "no node has a worker", "add a node with roles: [worker]");
  const gatewayNode = placed.find((actor) => actor.kind === "http-gateway");
  const hasManager = placed.some((actor) => actor.kind === "state-manager");
  const hasChannel = placed.some((actor) => actor.kind === "control-channel");
  return [
    ...problems,
    ...(hasWorker ? [] : [idle]),
    ...agentProblems(expansion),
    ...gatewayProblems(document, gatewayNode),
    ...controlProblems(document.control, { hasChannel, linkKeys: document.security?.keys }),
    ...stateProblems(document.state, { hasManager }),
  ];
}

function agentProblems({ plan, origins }: Expansion): readonly Problem[] {
  const reported = new Set<number>();
  return plan.nodes.flatMap((node, index) => {
    const origin = origins[index] ?? 0;
    const agents = actorsOf(node.supervision).filter((actor) => actor.actor === "node-agent");
    if (agents.length === 1 || reported.has(origin)) return [];
    reported.add(origin);
    const message = `node ${node.name} has ${agents.length} actors of kind node-agent, which report its state`;
    return [value(["nodes", origin], message, "have exactly one node-agent on every node")];
  });
}

function gatewayProblems(
  document: TopologyDocument,
  gatewayNode: { readonly origin: number; readonly node: string } | undefined,
): readonly Problem[] {
  if (document.gateway !== undefined && gatewayNode === undefined) {
    const message = "no node has the actor http-gateway";
    return [{ ...value(["gateway"], message, "give a node the role gateway"), at: "key" }];
  }
  if (document.gateway !== undefined || gatewayNode === undefined) return [];
  const message = `node ${gatewayNode.node} has an http-gateway, but the file has no gateway`;
  const remedy = "add gateway: { port: 8080, model: NAME }";
  return [value(["nodes", gatewayNode.origin], message, remedy)];
}

const value = (path: KeyPath, message: string, remedy: string): Problem => ({
  path,
  at: "value",
  message,
  remedy,
});
