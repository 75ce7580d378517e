// What waits for a worker, in the order of rank, over all kinds of work that it serves and all their lanes.
// Kinds and lanes come by their first tasks: one whose first task comes too late to be among those that are
// wanted ends the search, so what a look costs goes by what is wanted and not by how many lanes there are.
import { canRun, type RunnerGifts } from "#protocols/tasks/capability-match.ts";
import type { WorkKind } from "../ready-lanes.ts";
import type { ReadyEntry, ShelfReads } from "../shelf.ts";

type ReadyReads = Pick<ShelfReads, "ready" | "readyKinds" | "readyLanes">;

export interface Look {
  readonly queue: string;
  readonly max: number;
  /** Told of what each lane that is looked at has. */
  readonly met?: ((needs: string, entries: readonly ReadyEntry[]) => void) | undefined;
}

export const byRank = (a: ReadyEntry, b: ReadyEntry): number => a.rank - b.rank || a.seq - b.seq;

/** By their first tasks. */
export const servedKinds = (
  shelf: ReadyReads,
  queue: string,
  gifts: RunnerGifts,
): readonly WorkKind[] => shelf.readyKinds(queue).filter(({ needs }) => canRun(needs, gifts));

/** Of all kinds that the worker serves. */
export function firstServed(
  shelf: ReadyReads,
  gifts: RunnerGifts,
  look: Look,
): readonly ReadyEntry[] {
  const found = new FirstInRank(look.max);
  for (const kind of shelf.readyKinds(look.queue)) {
    if (!canRun(kind.needs, gifts)) continue;
    if (!found.takes(firstOfKind(shelf, kind, look))) break;
  }
  return found.entries;
}

/** Of one kind. */
export function firstOfKind(
  shelf: ReadyReads,
  { text }: WorkKind,
  { queue, max, met }: Look,
): readonly ReadyEntry[] {
  const found = new FirstInRank(max);
  for (const needs of shelf.readyLanes(queue, text, max)) {
    const entries = shelf.ready(queue, needs, max);
    met?.(needs, entries);
    if (!found.takes(entries)) break;
  }
  return found.entries;
}

/** Takes lists in rank whose first entries are in rank too, and keeps the first of them all. */
class FirstInRank {
  readonly #max: number;
  #entries: readonly ReadyEntry[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get entries(): readonly ReadyEntry[] {
    return this.#entries;
  }

  /** Whether a list that begins later may add to them. */
  takes(more: readonly ReadyEntry[]): boolean {
    const [first] = more;
    if (first === undefined) return true;
    const last = this.#entries[this.#max - 1];
    if (last !== undefined && byRank(first, last) > 0) return false;
    const isAlone = this.#entries.length === 0;
    const all = isAlone ? more : [...this.#entries, ...more].sort(byRank);
    this.#entries = all.length > this.#max ? all.slice(0, this.#max) : all;
    return true;
  }
}
