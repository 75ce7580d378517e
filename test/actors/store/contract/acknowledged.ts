// What a store has acknowledged, in the order of its answers: the evidence that the invariants are
// judged by, beside what the store shows afterwards.
import type {
  CancelResult,
  ClaimRequest,
  CommitResult,
  FailResult,
  QueueView,
  SubmitResult,
} from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskLease, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";

export type Acknowledgement =
  | {
      readonly kind: "submit";
      readonly submission: TaskSubmission;
      readonly result: SubmitResult;
      /** By the store's clock, when it was asked. */
      readonly atMs: number;
    }
  | {
      readonly kind: "claim";
      readonly request: ClaimRequest;
      readonly leases: readonly TaskLease[];
    }
  | { readonly kind: "complete"; readonly lease: LeaseRef; readonly result: CommitResult }
  | { readonly kind: "fail"; readonly lease: LeaseRef; readonly result: FailResult }
  | { readonly kind: "cancel"; readonly taskId: string; readonly result: CancelResult }
  | { readonly kind: "view"; readonly view: TaskView }
  | { readonly kind: "queue"; readonly view: QueueView };

/** An acknowledgement's place is its index in the log; `issued` is the log's length when it was asked. */
export type LogEntry = Acknowledgement & { readonly issued: number };

/** Of one kind, each with its place in the log. */
export function entriesOf<K extends LogEntry["kind"]>(
  log: readonly LogEntry[],
  kind: K,
): readonly { readonly place: number; readonly entry: Extract<LogEntry, { kind: K }> }[] {
  const isOfKind = (entry: LogEntry): entry is Extract<LogEntry, { kind: K }> =>
    entry.kind === kind;
  return log.flatMap((entry, place) => (isOfKind(entry) ? [{ place, entry }] : []));
}
