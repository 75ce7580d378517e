// Roles: named supervision subtrees, the short form of a node's `supervision`. Pure.
// Several roles of one node share supervisors of one name; what both bring is there once.
import type { RoleName, SupervisorDocument } from "#protocols/outside/topology.ts";

const roleTrees: Readonly<Record<RoleName, readonly SupervisorDocument[]>> = {
  control: [
    {
      supervisor: "data",
      // The queue holds leases that the store knows of: when the store restarts, so does the queue.
      strategy: "rest-for-one",
      children: [{ actor: "store" }, { actor: "queue-manager" }],
    },
    // It finds the store again by itself: whoever follows it keeps their numbers.
    { supervisor: "state", children: [{ actor: "state-manager" }] },
    { supervisor: "registry", children: [{ actor: "node-registry" }, { actor: "node-agent" }] },
    {
      supervisor: "control",
      children: [
        { actor: "control-channel" },
        { actor: "error-handler" },
        { actor: "confirmations" },
      ],
    },
  ],
  gateway: [
    { supervisor: "registry", children: [{ actor: "node-agent" }] },
    { supervisor: "gateway", children: [{ actor: "http-gateway" }] },
  ],
  worker: [
    { supervisor: "registry", children: [{ actor: "node-agent" }] },
    { supervisor: "workers", children: [{ actor: "inference" }] },
  ],
};

/** Beside its control role, where nodes are scaled by their load. */
const scalingTree: SupervisorDocument = {
  supervisor: "scaling",
  children: [{ actor: "node-scaler" }],
};

/** The tree that the roles stand for, in the order of the roles. */
export function treeOfRoles(
  roles: readonly RoleName[],
  { isScaled }: { readonly isScaled: boolean },
): readonly SupervisorDocument[] {
  const merged = new Map<string, SupervisorDocument>();
  const scaling = isScaled && roles.includes("control") ? [scalingTree] : [];
  for (const tree of [...roles.flatMap((role) => roleTrees[role]), ...scaling]) {
    const present = merged.get(tree.supervisor);
    merged.set(tree.supervisor, present === undefined ? tree : join(present, tree));
  }
  return [...merged.values()];
}

function join(first: SupervisorDocument, second: SupervisorDocument): SupervisorDocument {
  const kinds = new Set(first.children.map(kindOf));
  const added = second.children.filter((child) => !kinds.has(kindOf(child)));
  return { ...first, children: [...first.children, ...added] };
}

const kindOf = (child: SupervisorDocument["children"][number]): string =>
  "actor" in child ? child.actor : `supervisor ${child.supervisor}`;
