// What waits in one queue, as lanes: tasks that need the same of a worker and can run together. Lanes of
// one kind of work differ in their batch key alone. A claim takes kinds, and lanes of a kind, in the order
// of their first tasks, so it looks at no more of them than it takes tasks, however many there are.
//
//   kind ["m"]     lane a  12 15 40      kinds, by their first task:   ["m"] 12, ["n"] 14
//                  lane b  13            lanes of ["m"]:               a 12, b 13
//   kind ["n"]     lane    14 16
import { kindOf, needsIn, type WorkerNeeds } from "./decisions/worker-needs.ts";
import { SortedList } from "./sorted-list.ts";

/** What lanes of one kind ask of a worker. */
export interface WorkKind {
  readonly text: string;
  readonly needs: WorkerNeeds;
}

/** Where the first task of a lane stands. */
export interface LaneHead {
  readonly rank: number;
  readonly seq: number;
}

interface Lane extends LaneHead {
  readonly needs: string;
}

interface LanesOfKind {
  /** Undefined: its text is none that a task can have. */
  readonly kind: WorkKind | undefined;
  readonly lanes: SortedList<Lane>;
}

const newOrder = <T extends LaneHead>(): SortedList<T> =>
  new SortedList((a, b) => a.rank - b.rank || a.seq - b.seq);

export class ReadyLanes {
  readonly #kinds = new Map<string, LanesOfKind>();
  readonly #order = newOrder<LaneHead & { readonly of: LanesOfKind }>();
  /** By needs: where each lane stands. The kind is found once, when the lane opens. */
  readonly #lanes = new Map<string, { readonly text: string; lane: Lane }>();

  /** All lanes, in no order. */
  get needs(): readonly string[] {
    return [...this.#lanes.keys()];
  }

  /** By their first tasks. */
  get kinds(): readonly WorkKind[] {
    return this.#order.take(this.#order.size).flatMap(({ of }) => of.kind ?? []);
  }

  /** The lanes of that kind whose first tasks come first, at most `max`. */
  first(kind: string, max: number): readonly string[] {
    const lanes = this.#kinds.get(kind)?.lanes.take(max) ?? [];
    return lanes.map(({ needs }) => needs);
  }

  /** The lane begins with that task now; undefined: nothing waits in it. */
  headed(needs: string, head: LaneHead | undefined): void {
    const known = this.#lanes.get(needs);
    if (known && head && known.lane.seq === head.seq && known.lane.rank === head.rank) return;
    if (!known && !head) return;
    const text = known?.text ?? kindOf(needs);
    const of = this.#kinds.get(text) ?? { kind: workKind(text), lanes: newOrder<Lane>() };
    const former = of.lanes.first;
    if (known) of.lanes.remove(known.lane);
    if (head) {
      const lane = { needs, rank: head.rank, seq: head.seq };
      of.lanes.add(lane);
      if (known) known.lane = lane;
      else this.#lanes.set(needs, { text, lane });
    } else this.#lanes.delete(needs);
    this.#place(text, of, former);
  }

  #place(text: string, of: LanesOfKind, former: Lane | undefined): void {
    const { first } = of.lanes;
    if (former && former === first) return;
    if (former) this.#order.remove({ ...former, of });
    if (first) {
      this.#order.add({ rank: first.rank, seq: first.seq, of });
      this.#kinds.set(text, of);
    } else this.#kinds.delete(text);
  }
}

function workKind(text: string): WorkKind | undefined {
  const needs = needsIn(text);
  return needs && { text, needs };
}
