// Whether a submission may wait for as long as it says. Pure.
import { Failure } from "#protocols/failure.ts";
import { type TaskSubmission, waitMsMax } from "#protocols/tasks/task.ts";

/** Fails with `invalid`: it would hold a place in its queue until nobody remembers it. */
export function checkBegin({ runAt }: Pick<TaskSubmission, "runAt">, wallMs: number): void {
  if (runAt === undefined || runAt - wallMs <= waitMsMax) return;
  const days = Math.floor(waitMsMax / 86_400_000);
  const seen = `runAt is ${runAt}, more than ${days} days from now`;
  throw new Failure("invalid", `${seen}; give milliseconds since 1970 UTC within ${days} days`);
}
