// A plan as a tree for people: what runs where, and who restarts whom.
//
//   control  tcp://127.0.0.1:7600  director
//   ├─ data  rest-for-one
//   │  ├─ store
//   │  └─ queue-manager
import type { ChildPlan, ClusterPlan, NodePlan } from "../topology/topology-plan.ts";

export function outlinePlan(plan: ClusterPlan): string {
  return plan.nodes.flatMap(outlineNode).join("\n");
}

/** `cluster local: 3 nodes, 1 model, http://127.0.0.1:8080` */
export function summarizePlan(plan: ClusterPlan): string {
  const { gateway } = plan;
  const address = gateway === null ? "no gateway" : `http://${gateway.host}:${gateway.port}`;
  const nodes = countOf(plan.nodes.length, "node");
  return `cluster ${plan.cluster}: ${nodes}, ${countOf(plan.models.length, "model")}, ${address}`;
}

function outlineNode(node: NodePlan): readonly string[] {
  const marks = [node.name, node.bind, ...(node.isDirector ? ["director"] : [])];
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
