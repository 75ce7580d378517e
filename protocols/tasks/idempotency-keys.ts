// Idempotency keys by who chose them. One that nobody chose is made up on the way, so that a repetition of
// the call makes no second task; of the client that sends again it knows nothing.
const ownPrefix = "own:";

/** For a client that chose none. `unique`: given once. */
export const ownKey = (unique: string): string => `${ownPrefix}${unique}`;

export const isOwnKey = (key: string): boolean => key.startsWith(ownPrefix);
