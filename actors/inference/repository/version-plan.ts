// Pure. What to do next about the versions of one model: which copies to start, give up and let leave.
//
// A copy is one version with these very files, loaded once. Whoever serves leaves only when what takes
// its place is warm; so a model that cannot be loaded leaves the one before it alone.
//
//   wanted:  2          copies: 1 ready            ─► start 2
//   wanted:  2          copies: 1 ready, 2 loading ─► (wait)
//   wanted:  2          copies: 1 ready, 2 ready   ─► 1 leaves
//   wanted:  2, failed  copies: 1 ready            ─► (1 goes on)
//   wanted:  2, kept: 1 copies: 1 ready, 2 ready   ─► (1 goes on)

export interface Target {
  readonly version: number;
  /** Of the files, and of how often they were ordered to be loaded anew. */
  readonly fingerprint: string;
}

export interface Copy extends Target {
  readonly key: string;
  readonly phase: "loading" | "ready" | "leaving";
}

export interface Situation {
  /** None: the model is to be unloaded. */
  readonly wanted: readonly Target[];
  readonly copies: readonly Copy[];
  /** Versions that a name means until another one is ready. */
  readonly kept: readonly number[];
  /** What could not be loaded; it is not tried again as it is. */
  readonly failed: readonly Target[];
}

export interface Steps {
  readonly start: readonly Target[];
  /** Keys of copies that nobody waits for any more. */
  readonly giveUp: readonly string[];
  /** Keys of copies that get no new requests, and end when they have answered what they have. */
  readonly leave: readonly string[];
}

const isSame = (a: Target, b: Target): boolean =>
  a.version === b.version && a.fingerprint === b.fingerprint;
const isIn = (list: readonly Target[], target: Target): boolean =>
  list.some((other) => isSame(other, target));

export function nextSteps({ wanted, copies, kept, failed }: Situation): Steps {
  const living = copies.filter(({ phase }) => phase !== "leaving");
  const ready = living.filter(({ phase }) => phase === "ready");
  const isCovered = (target: Target): boolean => isIn(ready, target);
  const isReplaced = ({ version }: Copy): boolean => {
    const successor = wanted.find((target) => target.version === version);
    if (successor !== undefined) return isCovered(successor);
    const isUnload = wanted.length === 0;
    return isUnload || (wanted.every(isCovered) && !kept.includes(version));
  };
  return {
    start: wanted.filter((target) => !isIn(living, target) && !isIn(failed, target)),
    giveUp: living
      .filter((copy) => copy.phase === "loading" && !isIn(wanted, copy))
      .map(({ key }) => key),
    leave: ready.filter((copy) => !isIn(wanted, copy) && isReplaced(copy)).map(({ key }) => key),
  };
}

/** Nothing is under way: whoever waits for an order can be told how it ended. */
export const isAtRest = ({ copies }: Pick<Situation, "copies">): boolean =>
  copies.every(({ phase }) => phase === "ready");

/** The copy of one version that new requests go to. */
export function copyOf(
  { wanted, copies }: Pick<Situation, "wanted" | "copies">,
  version: number,
): Copy | undefined {
  const ready = copies.filter((copy) => copy.version === version && copy.phase === "ready");
  return ready.find((copy) => isIn(wanted, copy)) ?? ready.at(-1);
}
