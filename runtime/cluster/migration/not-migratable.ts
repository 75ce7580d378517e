// Why an actor stays where it is, as the failure that whoever asked for the move gets.
import {
  isNotMigratableReason,
  type NotMigratableReason,
  notMigratableReasons,
} from "#protocols/cluster/migration.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";

/** What will not change by waiting. */
const lasting: ReadonlySet<NotMigratableReason> = new Set([
  "pinned",
  "class_unknown",
  "has_parent",
  "has_children",
  "state_not_plain",
  "state_too_large",
  "protocol_unknown",
  "target_is_here",
]);

export interface NotMigratable {
  readonly reason: NotMigratableReason;
  readonly detail: string;
}

export const notMigratable = (reason: NotMigratableReason, detail = ""): NotMigratable => ({
  reason,
  detail,
});

/** `invalid` where trying again cannot help, else `unavailable`; the text begins with the reason. */
export function notMigratableFailure(actor: string, { reason, detail }: NotMigratable): Failure {
  const code: FailureCode = lasting.has(reason) ? "invalid" : "unavailable";
  const more = detail === "" ? "" : ` (${detail})`;
  const advice = lasting.has(reason)
    ? "change it, or leave it there"
    : "it runs on there; try later";
  const text = `${reason}: ${actor} was not moved, because ${notMigratableReasons[reason]}${more}`;
  return new Failure(code, `${text}; ${advice}`);
}

/** A refusal as a peer wrote it, perhaps of a newer version with other reasons. */
export const refusalOf = (reason: string, detail: string): NotMigratable =>
  isNotMigratableReason(reason)
    ? { reason, detail }
    : { reason: "target_refused", detail: `${reason}: ${detail}` };
