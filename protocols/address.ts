// Where an actor lives. A restarted actor keeps its address; a restarted node gets a new incarnation,
// so that an old address never reaches a stranger.

/** A node's name together with the one life of its process that is meant. */
export interface NodeId {
  readonly name: string;
  /** Grows with each start of the node. 0 means "whichever process bears the name now". */
  readonly incarnation: number;
}

export interface Address {
  readonly node: NodeId;
  /** `/`-separated names from the root guardian downwards, for example `/data/queue`. */
  readonly path: string;
  /** Unique within the incarnation; 0 means "whichever actor bears the path now". */
  readonly uid: number;
}

/** Names of nodes and actors: they appear in paths, logs and file names. */
export const namePattern = /^[A-Za-z0-9$][A-Za-z0-9._$-]{0,63}$/;

export const formatNode = (node: NodeId): string =>
  node.incarnation === 0 ? node.name : `${node.name}~${node.incarnation.toString(36)}`;

/** Reads what `formatNode` wrote; undefined for any other text. */
export function parseNode(text: string): NodeId | undefined {
  const [name = "", life, ...rest] = text.split("~");
  if (!namePattern.test(name) || rest.length > 0) return undefined;
  if (life === undefined) return { name, incarnation: 0 };
  const incarnation = Number.parseInt(life, 36);
  const isWhole = Number.isSafeInteger(incarnation) && incarnation > 0;
  return isWhole && incarnation.toString(36) === life ? { name, incarnation } : undefined;
}

/** `troupe://worker-1~k3f/workers/inference#42` */
export const formatAddress = (address: Address): string =>
  `troupe://${formatNode(address.node)}${address.path}${address.uid === 0 ? "" : `#${address.uid}`}`;

export const isSameNode = (a: NodeId, b: NodeId): boolean =>
  a.name === b.name && a.incarnation === b.incarnation;

/** Equal for two refs exactly when they mean the same actor. */
export const addressKey = (address: Address): string =>
  `${address.node.name}~${address.node.incarnation}#${address.uid === 0 ? address.path : address.uid}`;
