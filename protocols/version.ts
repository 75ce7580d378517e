// The versions of what nodes say to one another on links, and what two nodes agree on.
// It grows when a frame or an envelope changes so that an older node would misread it.

export const protocolVersion = 5;

/** The oldest version that this code still understands. */
export const protocolVersionMin = 5;

/** The newest version that both speak; undefined when there is none. */
export function agreedVersion(theirs: {
  readonly versionMin: number;
  readonly version: number;
}): number | undefined {
  const version = Math.min(protocolVersion, theirs.version);
  return version >= Math.max(protocolVersionMin, theirs.versionMin) ? version : undefined;
}
