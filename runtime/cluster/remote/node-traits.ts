// What the directory says about a node that matters for placing actors on it, and the choice among
// those that fit. Pure.

import type { Placement } from "#protocols/cluster/actor-placement.ts";
import { traitsOf } from "#protocols/cluster/actor-placement.ts";
import { nodesPrefix } from "#protocols/cluster/directory-data.ts";
import type { Entry, PlainValue } from "#runtime/cluster/directory/directory.ts";

/** What a node says of itself when it joins; others see it under `nodes/<name>`. */
export interface NodeRecord {
  readonly address: string;
  /** Where its heartbeats are heard. */
  readonly heartbeats?: string;
  readonly roles: readonly string[];
  readonly capabilities: readonly string[];
  /** Whatever else the application has others know. */
  readonly about: PlainValue;
}

export interface PlacedNode {
  readonly name: string;
  /** Where it listens; undefined where it does not say. */
  readonly address: string | undefined;
  readonly incarnation: number;
  readonly roles: readonly string[];
  readonly capabilities: readonly string[];
  /** Actors that live there because other nodes, or it itself, placed them there. */
  readonly load: number;
  readonly isLeaving: boolean;
}

export const recordValue = (record: NodeRecord): PlainValue => ({ ...record });

/** What an entry below `nodes/` says; what it does not say is none, 0 and false. */
export function nodeIn({ key, value }: Entry): PlacedNode {
  const { incarnation, record, state } = fieldsOf(value);
  const { address, roles, capabilities } = fieldsOf(record);
  const { placed, status } = fieldsOf(state);
  return {
    name: key.slice(nodesPrefix.length),
    address: typeof address === "string" && address !== "" ? address : undefined,
    incarnation: typeof incarnation === "number" ? incarnation : 0,
    roles: textsOf(roles),
    capabilities: textsOf(capabilities),
    load: typeof placed === "number" ? placed : 0,
    isLeaving: status === "leaving",
  };
}

/** In the order of their names. */
export function fittingNodes(
  nodes: Iterable<PlacedNode>,
  placement: Placement,
): readonly PlacedNode[] {
  if (typeof placement === "string") return [...nodes].filter(({ name }) => name === placement);
  const { role, capability } = traitsOf(placement);
  return [...nodes]
    .filter(
      (node) =>
        !node.isLeaving &&
        (role === undefined || node.roles.includes(role)) &&
        (capability === undefined || node.capabilities.includes(capability)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Nodes take turns; `leastLoaded`: those with the fewest placed actors. Undefined when none fits. */
export function chosenNode(
  fitting: readonly PlacedNode[],
  placement: Placement,
  turn: number,
): PlacedNode | undefined {
  if (typeof placement === "string" || !("leastLoaded" in placement))
    return fitting[turn % Math.max(1, fitting.length)];
  const least = Math.min(...fitting.map(({ load }) => load));
  const idle = fitting.filter(({ load }) => load === least);
  return idle[turn % Math.max(1, idle.length)];
}

const fieldsOf = (value: PlainValue | undefined): { readonly [key: string]: PlainValue } =>
  isFields(value) ? value : {};

const isFields = (value: PlainValue | undefined): value is { readonly [key: string]: PlainValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textsOf = (value: PlainValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
