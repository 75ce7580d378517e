// What stands in the directory about a node: `nodes/<name>`.
import type { NodeId } from "#protocols/address.ts";
import type { PlainValue } from "#protocols/cluster/directory-data.ts";

export const nodeValue = (node: NodeId, record: PlainValue, state: PlainValue): PlainValue => ({
  incarnation: node.incarnation,
  record,
  state,
});

export const nodeState = (value: PlainValue): { readonly state: PlainValue } => ({
  state:
    typeof value === "object" && value !== null && "state" in value ? (value.state ?? null) : null,
});
