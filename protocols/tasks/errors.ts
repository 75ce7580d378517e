// The ErrorHandler's protocol: what went wrong with tasks, grouped by likeness, and what to do about it.
// It reads every failed attempt behind the tasks' backs, so nothing waits for it.
import Type, { type Static } from "typebox";
import { ask, protocol } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import type { ErrorGroup, PoisonTask } from "./error-records.ts";
import type { SubmitReceipt } from "./queue.ts";
import { RecordName } from "./record-fields.ts";
import { FailureClass } from "./task-failure.ts";

export const errorHandlerName = "error-handler";

/** Rules of its alerts; the subject is a group's fingerprint, or a queue. */
export const errorRules = {
  group: "error_group",
  poison: "task_poison",
  budget: "retry_budget",
} as const;

const Name = Type.String({ minLength: 1, maxLength: 64 });
const Fingerprint = Type.String({ pattern: "^[0-9a-f]{16}$" });

export const ErrorQuery = Type.Object(
  {
    class: Type.Optional(FailureClass),
    type: Type.Optional(Name),
    queue: Type.Optional(Name),
    node: Type.Optional(Name),
    /** Default: both. */
    state: Type.Optional(Type.Enum(["open", "acknowledged"])),
    limit: Type.Integer({ minimum: 1, maximum: storeLimits.errorGroupsMax }),
  },
  { additionalProperties: false },
);
export type ErrorQuery = Readonly<Static<typeof ErrorQuery>>;

export interface RetryBudget {
  readonly queue: string;
  /** Retries of the last ten seconds, and how many more may come soon. */
  readonly used: number;
  readonly left: number;
  /** When a retry last had to wait longer for it, as far as is remembered. */
  readonly spentAt: number | null;
}

export interface ErrorReport {
  /** That fit the query, seen last first. */
  readonly groups: readonly ErrorGroup[];
  /** Of all groups, by class. */
  readonly countsByClass: Readonly<Partial<Record<FailureClass, number>>>;
  readonly groupsTotal: number;
  /** Groups that gave way to others since the handler began. */
  readonly groupsForgotten: number;
  /** Failed attempts that were forgotten before they were read, ever. */
  readonly missed: number;
  readonly poisonTotal: number;
  readonly budgets: readonly RetryBudget[];
}

export type ErrorAcknowledged =
  | { readonly kind: "acknowledged" }
  /** Somebody was first, and it did not happen again since. */
  | { readonly kind: "already"; readonly by: string }
  | { readonly kind: "not_found" };

export interface ErrorHandler {
  errors(query: ErrorQuery): ErrorReport;
  group(fingerprint: string): ErrorGroup | null;
  /** Its alert ends; when it happens again, the group is open again. */
  acknowledge(request: { readonly fingerprint: string; readonly by: string }): ErrorAcknowledged;
  /** Tasks that none runs again, newest first. */
  poison(limit: number): readonly PoisonTask[];
  /** A new task with the ended one as its parent. Fails with `not_found`, `conflict` and `queue_full`. */
  retry(request: { readonly taskId: string; readonly by: string }): SubmitReceipt;
}

export const ErrorHandler = protocol<ErrorHandler>("tasks.ErrorHandler@1", {
  errors: ask,
  group: ask,
  acknowledge: ask,
  poison: ask,
  retry: ask,
}).checked({
  errors: [ErrorQuery],
  group: [Fingerprint],
  acknowledge: [Type.Object({ fingerprint: Fingerprint, by: RecordName })],
  poison: [Type.Integer({ minimum: 1, maximum: storeLimits.poisonTasksMax })],
  retry: [Type.Object({ taskId: Name, by: RecordName })],
});
