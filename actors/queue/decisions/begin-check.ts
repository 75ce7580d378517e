// Whether a submission may wait for as long as it says, and would then be in time. Pure.
import { Failure } from "#protocols/failure.ts";
import { type TaskSubmission, waitMsMax } from "#protocols/tasks/task.ts";

type Times = Pick<TaskSubmission, "runAt" | "deadlineMs">;

/**
 * Fails with `invalid`: it would hold a place in its queue until nobody remembers it, or only to be too late.
 * A repetition of what was taken in is never refused, since less is left to wait for by then.
 */
export function checkBegin({ runAt, deadlineMs = Infinity }: Times, wallMs: number): void {
  if (runAt === undefined) return;
  const waitMs = runAt - wallMs;
  if (waitMs > waitMsMax) throw tooFar(runAt);
  if (waitMs < deadlineMs) return;
  const seen = `runAt is ${Math.ceil(waitMs)} ms from now, and deadlineMs is ${deadlineMs}`;
  const remedy = "begin it earlier, or give it longer: deadlineMs counts from the submission";
  throw new Failure("invalid", `${seen}, so that it would be over before it begins; ${remedy}`);
}

function tooFar(runAt: number): Failure {
  const days = Math.floor(waitMsMax / 86_400_000);
  const seen = `runAt is ${runAt}, more than ${days} days from now`;
  return new Failure("invalid", `${seen}; give milliseconds since 1970 UTC within ${days} days`);
}
