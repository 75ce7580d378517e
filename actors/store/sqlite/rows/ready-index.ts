// The tasks that may be claimed, by queue and by what they need of a worker. The first of each lane
// are in memory: a claim takes one from there, and only now and then the next ones are read from the
// index, so what a claim costs does not depend on how much waits.
import type { Database, Statement } from "better-sqlite3";
import { ReadyLanes, type WorkKind } from "../../ready-lanes.ts";
import type { TaskRecord } from "../../records.ts";
import type { ReadyEntry } from "../../shelf.ts";
import { EvictionBounds } from "./eviction-bounds.ts";

export const readyStatements = {
  // Steps from one lane to the next without reading what lies between.
  needs: `WITH RECURSIVE kinds(needs) AS (
      SELECT (SELECT min(needs) FROM tasks INDEXED BY tasks_ready
        WHERE queue = :queue AND status = 'pending')
      UNION ALL
      SELECT (SELECT min(needs) FROM tasks INDEXED BY tasks_ready
        WHERE queue = :queue AND status = 'pending' AND needs > kinds.needs)
      FROM kinds WHERE kinds.needs IS NOT NULL)
    SELECT needs FROM kinds WHERE needs IS NOT NULL`,
  first: `SELECT task_id AS taskId, rank, seq FROM tasks INDEXED BY tasks_ready
    WHERE queue = ? AND needs = ? AND status = 'pending' ORDER BY rank, seq LIMIT ?`,
  worst: `SELECT task_id AS taskId, rank, seq FROM tasks INDEXED BY tasks_ready
    WHERE queue = ? AND needs = ? AND status = 'pending' AND attempt = 0 AND evictable = 1
      AND NOT EXISTS (SELECT 1 FROM tasks AS child INDEXED BY tasks_parent
        WHERE child.parent_id = tasks.task_id)
    ORDER BY rank DESC, seq DESC LIMIT 1`,
} as const;

/** Entries that are read at once, and that are kept of one lane; beyond: the last are left out. */
const readMax = 256;
const keptMax = 1_024;

interface Front {
  /** By rank, then by arrival: the first of the lane without a gap. */
  entries: ReadyEntry[];
  /** Nothing of that lane waits behind them. */
  isAll: boolean;
}

interface Fronts {
  /** By needs. A lane that is not there has no pending tasks. */
  readonly byNeeds: Map<string, Front>;
  readonly lanes: ReadyLanes;
  /** Lanes of which all that was read is gone: what comes first of the rest is to be read. */
  readonly usedUp: Set<string>;
  /** Undefined until it is asked who gives way. */
  bounds: EvictionBounds | undefined;
}

export class ReadyIndex {
  readonly #needs: Statement<[{ readonly queue: string }], string>;
  readonly #first: Statement<[string, string, number], ReadyEntry>;
  readonly #worst: Statement<[string, string], ReadyEntry>;
  readonly #settle: () => void;
  readonly #queues = new Map<string, Fronts>();

  /** `settle` brings what a batch has changed to the file, before that is read. */
  constructor(database: Database, settle: () => void) {
    this.#settle = settle;
    const sql = readyStatements;
    this.#needs = database.prepare<[{ readonly queue: string }], string>(sql.needs).pluck();
    this.#first = database.prepare<[string, string, number], ReadyEntry>(sql.first);
    this.#worst = database.prepare<[string, string], ReadyEntry>(sql.worst);
  }

  kinds(queue: string): readonly WorkKind[] {
    return this.#lanesOf(queue).kinds;
  }

  lanes(queue: string, kind: string, max: number): readonly string[] {
    return this.#lanesOf(queue).first(kind, max);
  }

  first(queue: string, needs: string, max: number): readonly ReadyEntry[] {
    const fronts = this.#frontsOf(queue);
    const front = fronts.byNeeds.get(needs);
    if (!front) return [];
    if (front.entries.length < max && !front.isAll) {
      this.#read(queue, needs, { front, count: Math.max(max, readMax) });
      this.#headed(fronts, needs, front);
    }
    return front.entries.slice(0, max);
  }

  worst(queue: string): ReadyEntry | undefined {
    const fronts = this.#frontsOf(queue);
    fronts.bounds ??= new EvictionBounds([...fronts.byNeeds.keys()]);
    this.#settle();
    return fronts.bounds.last((needs) => this.#worst.get(queue, needs));
  }

  /** A task that may give way again: it has no child any more. */
  childless(task: TaskRecord): void {
    const { queue, needs, rank, seq, status } = task;
    if (status === "pending") this.#queues.get(queue)?.bounds?.raise(needs, { rank, seq });
  }

  /** The task's row was written. */
  changed(task: TaskRecord | undefined, former: TaskRecord | undefined): void {
    const isReady = task?.status === "pending";
    const wasReady = former?.status === "pending";
    if (isReady && !wasReady) this.#enter(task);
    else if (wasReady && !isReady) this.#leave(former);
  }

  forget(): void {
    this.#queues.clear();
  }

  #enter({ queue, needs, taskId, rank, seq }: TaskRecord): void {
    const fronts = this.#queues.get(queue);
    if (!fronts) return;
    fronts.bounds?.raise(needs, { rank, seq });
    const front = fronts.byNeeds.get(needs) ?? { entries: [], isAll: true };
    fronts.byNeeds.set(needs, front);
    const { entries } = front;
    const place = placeOf(entries, { rank, seq });
    if (place === entries.length && !front.isAll) return;
    if (place === entries.length) entries.push({ taskId, rank, seq });
    else entries.splice(place, 0, { taskId, rank, seq });
    if (entries.length > keptMax) {
      entries.length = keptMax / 2;
      front.isAll = false;
    }
    if (place === 0) this.#headed(fronts, needs, front);
  }

  #leave({ queue, needs, taskId, rank, seq }: TaskRecord): void {
    const fronts = this.#queues.get(queue);
    const front = fronts?.byNeeds.get(needs);
    if (!fronts || !front) return;
    const { entries } = front;
    const place = placeOf(entries, { rank, seq });
    if (entries[place]?.taskId !== taskId) return;
    entries.splice(place, 1);
    if (place === 0) this.#headed(fronts, needs, front);
  }

  /** The lane begins with another task, or may have ended. */
  #headed({ bounds, byNeeds, lanes, usedUp }: Fronts, needs: string, front: Front): void {
    const [head] = front.entries;
    if (head === undefined && !front.isAll) {
      usedUp.add(needs);
      return;
    }
    usedUp.delete(needs);
    lanes.headed(needs, head);
    if (head !== undefined) return;
    byNeeds.delete(needs);
    bounds?.drop(needs);
  }

  /** In order as they are, those that were used up too. */
  #lanesOf(queue: string): ReadyLanes {
    const fronts = this.#frontsOf(queue);
    for (const needs of fronts.usedUp) this.first(queue, needs, 1);
    return fronts.lanes;
  }

  #read(queue: string, needs: string, asked: { front: Front; readonly count: number }): void {
    const { count, front } = asked;
    this.#settle();
    front.entries = this.#first.all(queue, needs, count);
    front.isAll = front.entries.length < count;
  }

  #frontsOf(queue: string): Fronts {
    const known = this.#queues.get(queue);
    if (known) return known;
    const fronts: Fronts = {
      ...{ byNeeds: new Map(), lanes: new ReadyLanes(), usedUp: new Set() },
      bounds: undefined,
    };
    this.#settle();
    for (const needs of this.#needs.all({ queue })) {
      const front: Front = { entries: [], isAll: false };
      this.#read(queue, needs, { front, count: 1 });
      fronts.byNeeds.set(needs, front);
      this.#headed(fronts, needs, front);
    }
    this.#queues.set(queue, fronts);
    return fronts;
  }
}

/** Where an entry of that rank stands, or would stand. */
function placeOf(
  entries: readonly ReadyEntry[],
  { rank, seq }: { readonly rank: number; readonly seq: number },
): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && (entry.rank < rank || (entry.rank === rank && entry.seq < seq))) low = middle + 1;
    else high = middle;
  }
  return low;
}
