// Where an actor is to be: on one node by its name, or on any that has what it needs.

/** What a node is to have; nothing said: any node. */
export interface NodeTraits {
  readonly role?: string;
  readonly capability?: string;
}

/**
 * Nodes of a role or capability take turns. `leastLoaded` is the one on which the fewest actors were placed,
 * by whomever: what waits in those, what else lives there and how busy its machine is do not count.
 */
export type Placement =
  | string
  | { readonly role: string }
  | { readonly capability: string }
  | { readonly leastLoaded: NodeTraits };

export const traitsOf = (placement: Exclude<Placement, string>): NodeTraits =>
  "leastLoaded" in placement ? placement.leastLoaded : placement;

/** For texts: `any node with the role gpu`. */
export function formatPlacement(placement: Placement): string {
  if (typeof placement === "string") return `the node ${placement}`;
  const { role, capability } = traitsOf(placement);
  const having = [
    ...(role === undefined ? [] : [`the role ${role}`]),
    ...(capability === undefined ? [] : [`the capability ${capability}`]),
  ];
  return having.length === 0 ? "any node" : `any node with ${having.join(" and ")}`;
}
