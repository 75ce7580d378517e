// The version of what nodes say to one another on links, and who may talk to whom.
// It grows when a frame or an envelope changes so that an older node would misread it.

export const protocolVersion = 1;

/** The oldest version that this code still understands. */
export const protocolVersionMin = 1;

export const canTalk = (version: number): boolean =>
  version >= protocolVersionMin && version <= protocolVersion;
