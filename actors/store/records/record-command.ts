// The calls at the cluster's records as data, and what it takes to do them: as for tasks, all that
// decides is pure and synchronous over a shelf, so that every back end means the same.
import type { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import type { RecordShelf } from "../record-shelf.ts";
import type { Shelf } from "../shelf.ts";

export type RecordMethod = keyof ClusterRecords;

type ArgumentTable = { readonly [M in RecordMethod]: Parameters<ClusterRecords[M]> };
type ValueTable = { readonly [M in RecordMethod]: ReturnType<ClusterRecords[M]> };
export type RecordArguments<M extends RecordMethod> = ArgumentTable[M];
export type RecordValue<M extends RecordMethod> = ValueTable[M];

export interface RecordContext {
  readonly records: RecordShelf;
  readonly nowMs: number;
  /** Where it is told what happened. */
  readonly shelf: Pick<Shelf, "append">;
}

/** What is done for each method of `P`. */
export type Performers<P> = {
  readonly [M in keyof P & RecordMethod]: (
    context: RecordContext,
    ...args: RecordArguments<M>
  ) => RecordValue<M>;
};
