// Whether a lease fits into the message that hands it over. Pure. Its files travel apart.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { parametersBytes } from "#protocols/tasks/task-parameters.ts";

/** Leaves a fifth for all that is in the message beside these. */
const textBytesMax = Math.floor(0.8 * limits.frameBytesMax);

/** Fails with `too_large`: such a message would be dropped on its way, and the lease be lost, each time anew. */
export function checkLeaseSize({ parameters, confirmations }: TaskLease): void {
  let feedback = 0;
  for (const { feedback: text } of confirmations) feedback += Buffer.byteLength(text ?? "");
  const bytes = parametersBytes(parameters) + feedback;
  if (bytes <= textBytesMax) return;
  throw new Failure(
    "too_large",
    `no worker can be told of the task: ${bytes} bytes of parameters and of answers to its questions, at most ${textBytesMax}; ask less, and keep what was answered in a checkpoint`,
  );
}
