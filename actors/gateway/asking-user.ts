// Who asks, as what stands in front of the gateway says it in `X-Troupe-User`. Then tasks of others do not
// exist for it, on whichever route it asks; without that header everybody sees all of them.
import { Failure } from "#protocols/failure.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { HttpRequest } from "./http-message.ts";

/** Fails with `invalid` when the header names nobody that there can be. */
export function userIn({ headers }: Pick<HttpRequest, "headers">): string | undefined {
  const user = headers.get("x-troupe-user");
  if (user === undefined || (user.length > 0 && user.length <= 64)) return user;
  throw new Failure("invalid", `X-Troupe-User has ${user.length} characters; send 1 to 64`);
}

export const isVisibleTo = (user: string | undefined, { userId }: TaskView): boolean =>
  user === undefined || userId === user;
