// A plan as a tree for people: what runs where, and who restarts whom.
//
//   control  tcp://127.0.0.1:7600  director
//   ├─ data  rest-for-one
//   │  ├─ store
//   │  └─ queue-manager
import type { ChildPlan, ClusterPlan, NodeGroupPlan, NodePlan } from "../topology/topology-plan.ts";

export function outlinePlan(plan: ClusterPlan): string {
  return plan.nodes
    .flatMap((node) => {
      const group = plan.groups.find(({ nodes }) => nodes.includes(node.name));
      if (group === undefined) return outlineNode(node, [node.name, node.bind]);
      const isFirst = group.nodes[0] === node.name;
      return isFirst ? outlineNode(node, [describeGroup(group), node.bind]) : [];
    })
    .join("\n");
}

/** `cluster local: 3 nodes, 1 model, http://127.0.0.1:8080` */
export function summarizePlan(plan: ClusterPlan): string {
  const { gateway } = plan;
  const address = gateway === null ? "no gateway" : `http://${gateway.host}:${gateway.port}`;
  const spare = plan.groups.reduce((sum, { scaling: { min, max } }) => sum + max - min, 0);
  const most = countOf(plan.nodes.length, "node");
  const nodes = spare === 0 ? most : `${plan.nodes.length - spare} to ${most}`;
  return `cluster ${plan.cluster}: ${nodes}, ${countOf(plan.models.length, "model")}, ${address}`;
}

/** `worker: 1 to 4 nodes by load` */
function describeGroup({ group, scaling: { min, max }, command }: NodeGroupPlan): string {
  const by = command === null ? "" : `, started by ${command.command.join(" ")}`;
  return `${group}: ${min} to ${countOf(max, "node")} by load${by}`;
}

function outlineNode(node: NodePlan, head: readonly string[]): readonly string[] {
  const marks = [...head, ...(node.isDirector ? ["director"] : [])];
  return [marks.join("  "), ...outlineChildren(node.supervision, "")];
}

function outlineChildren(children: readonly ChildPlan[], indent: string): readonly string[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const line = `${indent}${isLast ? "└─" : "├─"} ${describe(child)}`;
    if (child.kind === "actor") return [line];
    return [line, ...outlineChildren(child.children, `${indent}${isLast ? "  " : "│ "} `)];
  });
}

function describe(child: ChildPlan): string {
  if (child.kind === "supervisor") return `${child.name}  ${child.strategy}`;
  return child.name === child.actor ? child.name : `${child.name}  ${child.actor}`;
}

const countOf = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
