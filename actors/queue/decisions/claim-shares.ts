// How much each of the workers that claim together asks for, so that few tasks go to many workers and not
// all to whoever is asked first: the tasks are put one by one where each would be done first. Pure.
//
//   held 0 0 0 0, 8 tasks ──► 2 2 2 2      held 3 0, 4 tasks ──► 0 4      more tasks than slots ──► all
//
// Putting them one by one is filling vessels with water: a level is sought at which as many fit below it.

/** A worker with free slots. */
export interface Claimant {
  /** Tasks that it has, or has asked for. */
  readonly held: number;
  readonly free: number;
  /** What one task more adds to the time in which it is done with all, in milliseconds; above 0. */
  readonly taskMs: number;
  /** It is asked now; another one has a claim under way, and is asked behind it. */
  readonly isAsked: boolean;
}

export interface ClaimShare {
  /** Tasks that it is believed to get. */
  readonly share: number;
  /** Tasks that it asks for; 1 to its free slots where it is asked. */
  readonly max: number;
}

/**
 * Of each claimant, which stand in the order in which they are asked. `expected`: tasks that are believed to
 * wait for them; all free slots are asked for where that is not above 0 or not known (Infinity), since what
 * is there then nobody has counted. Cost: the claimants, times 64 where there are fewer tasks than slots.
 */
export function claimShares(claimants: readonly Claimant[], expected: number): ClaimShare[] {
  const free = claimants.reduce((sum, claimant) => sum + claimant.free, 0);
  if (expected <= 0 || expected === Number.POSITIVE_INFINITY) {
    return claimants.map((claimant) => ({ share: 0, max: claimant.free }));
  }
  if (expected >= free) return claimants.map((each) => ({ share: each.free, max: each.free }));
  const shares = spread(claimants, expected);
  const isShared = (index: number): boolean => (shares[index] ?? 0) > 0;
  // Claims are answered in their order, so whoever comes last finds its share and what nobody counted,
  // and knows afterwards that nothing is left. Not so where some of it is meant for who is asked later.
  const isAllAsked = claimants.every(({ isAsked }, index) => isAsked || !isShared(index));
  const last = claimants.findLastIndex((_, index) => isShared(index));
  return claimants.map(({ free: max }, index) => {
    const share = shares[index] ?? 0;
    return { share, max: isAllAsked && index >= last ? max : Math.min(max, Math.max(1, share)) };
  });
}

/** Fewer than there are free slots, at least 1. */
function spread(claimants: readonly Claimant[], count: number): number[] {
  const below = (levelMs: number): number[] =>
    claimants.map(({ held, free, taskMs }) =>
      Math.max(0, Math.min(free, Math.floor(levelMs / taskMs) - held)),
    );
  let tooLow = 0;
  let enough = Math.max(...claimants.map(({ held, free, taskMs }) => (held + free + 1) * taskMs));
  for (let step = 0; step < halvings; step += 1) {
    const middle = (tooLow + enough) / 2;
    if (sumOf(below(middle)) < count) tooLow = middle;
    else enough = middle;
  }
  const shares = below(tooLow);
  let left = count - sumOf(shares);
  // These would all be done at the level: who is asked first has it.
  return below(enough).map((most, index) => {
    const share = shares[index] ?? 0;
    const more = Math.min(left, most - share);
    left -= more;
    return share + more;
  });
}

/** As often as a level can be told from the next. */
const halvings = 64;

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
