// Who watches whom: each node is watched by k others, those that weigh most for it (rendezvous hashing,
// as in `rendezvous-hash.ts`). All who know the same members agree without a word, every node watches
// about k, and one that comes or goes moves about k watches in and k out. Pure.
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { hashOf } from "#runtime/patterns/rendezvous-hash.ts";

/** Names of those that `self` watches, in the order of `names`. About O(n log n) in all. */
export function watchedBy(
  self: string,
  names: readonly string[],
  monitors: number,
): readonly string[] {
  checkMonitors(monitors);
  return names.filter((name) => name !== self && isMonitor(self, name, names, monitors));
}

/** Names of those that watch it; all the others where there are no more than `monitors`. O(n²). */
export function monitorsOf(
  name: string,
  names: readonly string[],
  monitors: number,
): readonly string[] {
  checkMonitors(monitors);
  return names.filter((other) => other !== name && isMonitor(other, name, names, monitors));
}

/** Fewer than `monitors` others outweigh it. */
function isMonitor(
  self: string,
  watched: string,
  names: readonly string[],
  monitors: number,
): boolean {
  const own = weight(self, watched);
  let heavier = 0;
  for (const name of names) {
    if (name === watched || name === self) continue;
    const others = weight(name, watched);
    if (others < own || (others === own && name > self)) continue;
    heavier += 1;
    if (heavier >= monitors) return false;
  }
  return true;
}

// A newline is in no name, so that no two pairs are one text.
const weight = (monitor: string, watched: string): number => hashOf(`${watched}\n${monitor}`);

export function checkMonitors(monitors: number): void {
  const { monitorsMax, monitorsMin } = membershipLimits;
  if (Number.isInteger(monitors) && monitors >= monitorsMin && monitors <= monitorsMax) return;
  const text = `a node is to be watched by ${monitors} others: give ${monitorsMin} to ${monitorsMax}`;
  throw new Failure("invalid", text);
}
