// What a topology says of security, as the links of one node need it.
//
// With keys, the registry must fit the topology before anything listens: every node has a key in it,
// and no node is placed in a role that its operator did not sign off.

import { endpointKeyName } from "#actors/control/endpoint-terms.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorKind, RoleName } from "#protocols/outside/topology.ts";
import type { Clock, Log } from "#runtime/core/ports.ts";
import { keyFile, loadKeyFile } from "#runtime/links/curve-keys.ts";
import { openCurveSecurity } from "#runtime/links/curve-security.ts";
import type { KeyRegistry } from "#runtime/links/key-registry.ts";
import { loadRegistry, registryFile } from "#runtime/links/key-registry-file.ts";
import { type LinkSecurity, plainSecurity } from "#runtime/links/link-security.ts";
import { actorsOf, type ClusterPlan, type NodePlan } from "../topology/topology-plan.ts";

/** Fails with what is wrong with the keys, and the command that mends it. */
export async function openNodeSecurity(
  plan: ClusterPlan,
  node: NodePlan,
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<LinkSecurity> {
  checkControlKeys(plan, node);
  const { security } = plan;
  if (security.mode === "plain") {
    if (security.reach === "network") {
      const message = "links have no keys: everybody who reaches this node is believed";
      ports.log.write("warn", "/system/links/keys", message, { bind: node.bind });
    }
    return plainSecurity(security.reach);
  }
  const registry = loadRegistry(registryFile(security.keys));
  const problems = registryProblems(registry, plan);
  if (problems.length > 0) {
    throw new Failure(
      "invalid",
      `${registryFile(security.keys)} does not fit the topology:\n${problems.join("\n")}`,
    );
  }
  return openCurveSecurity({ node: node.name, folder: security.keys, ...ports });
}

/** Before anything runs: the endpoint of the control channel would only fail again and again. */
function checkControlKeys({ control }: ClusterPlan, { supervision }: NodePlan): void {
  const folder = control?.curveFolder ?? null;
  const isHere = actorsOf(supervision).some(({ actor }) => actor === "control-channel");
  if (folder === null || !isHere) return;
  const { publicKey } = loadKeyFile(keyFile(folder, endpointKeyName), endpointKeyName);
  const file = registryFile(folder);
  if (loadRegistry(file).bearer(publicKey)?.name === endpointKeyName) return;
  const remedy = `troupe keys add --dir ${folder} --node ${endpointKeyName} --key '${publicKey}'`;
  throw new Failure("invalid", `${file} does not list the key of the control endpoint: ${remedy}`);
}

/** Whose role an actor stands for; an agent is on every node. */
const rolesOf: Partial<Readonly<Record<ActorKind, RoleName>>> = {
  store: "control",
  "state-manager": "control",
  "queue-manager": "control",
  "node-registry": "control",
  "http-gateway": "gateway",
  inference: "worker",
};

/** One line for each node that the registry does not let be what the plan makes of it. */
export function registryProblems(registry: KeyRegistry, plan: ClusterPlan): readonly string[] {
  const { security } = plan;
  const keys = security.mode === "curve" ? security.keys : "keys";
  return plan.nodes.flatMap((node) => {
    const listed = registry.node(node.name);
    const make = `troupe keys make --dir ${keys} --node ${node.name}`;
    if (listed === undefined) {
      return [`${node.name} has no key: ${make}, or add the key that its machine made`];
    }
    if (listed.roles.length === 0) return [];
    const missing = neededRoles(node).filter((role) => !listed.roles.includes(role));
    if (missing.length === 0) return [];
    const may = listed.roles.join(", ");
    const remedy = "change the topology, or the roles in the registry";
    const seen = `${node.name} is ${missing.join(", ")} in the topology, but may only be ${may}`;
    return [`${seen}: ${remedy}`];
  });
}

function neededRoles(node: NodePlan): readonly string[] {
  const roles = actorsOf(node.supervision).flatMap(({ actor }) => rolesOf[actor] ?? []);
  return [...new Set([...roles, ...(node.isDirector ? ["director"] : [])])];
}
