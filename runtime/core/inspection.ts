// A node's actors as a tree, for people: who lives, how deep its mailbox is, how often it restarted.

export interface ActorTree {
  readonly path: string;
  readonly protocol: string;
  readonly state: string;
  readonly waiting: number;
  readonly restarts: number;
  readonly children: readonly ActorTree[];
}

export interface Inspected {
  readonly path: string;
  readonly protocol: { readonly id: string };
  readonly state: string;
  readonly depth: number;
  readonly restarts: number;
  readonly family: { readonly all: readonly Inspected[] };
}

export const inspectTree = (cell: Inspected): ActorTree => ({
  path: cell.path,
  protocol: cell.protocol.id,
  state: cell.state,
  waiting: cell.depth,
  restarts: cell.restarts,
  children: cell.family.all.map(inspectTree),
});
