// Who asks, as what stands in front of the gateway says it in `X-Troupe-User`. Then tasks of others, and
// questions that were put to others, do not exist for it, on whichever route it asks; without that header
// everybody sees all of them.
import { Failure } from "#protocols/failure.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { HttpRequest } from "./http-message.ts";

/** Fails with `invalid` when the header names nobody that there can be. */
export function userIn({ headers }: Pick<HttpRequest, "headers">): string | undefined {
  const user = headers.get("x-troupe-user");
  if (user === undefined || (user.length > 0 && user.length <= 64)) return user;
  throw new Failure("invalid", `X-Troupe-User has ${user.length} characters; send 1 to 64`);
}

/** Of a task its owner, of a question whom it was put to. */
export const isVisibleTo = (
  user: string | undefined,
  { userId }: Pick<TaskView, "userId">,
): boolean => user === undefined || userId === user;

/** Fails with `forbidden` when it names somebody else than who asks. */
export function userOf(named: string | undefined, asking: string | undefined): string | undefined {
  if (asking === undefined || named === undefined || named === asking) return asking ?? named;
  throw new Failure("forbidden", `you are "${asking}" and cannot act for "${named}"; leave it out`);
}
