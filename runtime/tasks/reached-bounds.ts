// What a handler may say of how far it is: checked as it says it, since nobody could tell it later.
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Reached } from "#protocols/tasks/reached.ts";

/** `invalid` for what is no share or no bytes, `too_large` beyond a bound; undefined: it can be told. */
export function refusalOf(
  taskId: string,
  { progress, message, checkpoint }: Reached,
): Failure | undefined {
  const { checkpointBytesMax, progressMessageLengthMax } = storeLimits;
  if (!(progress >= 0 && progress <= 1)) {
    const detail = `task ${taskId} reports the progress ${progress}: give a share from 0 to 1`;
    return new Failure("invalid", detail);
  }
  if (message !== null && message.length > progressMessageLengthMax) {
    const seen = `task ${taskId} reports a message of ${message.length} characters`;
    return new Failure(
      "too_large",
      `${seen}, and ${progressMessageLengthMax} are the most: cut it`,
    );
  }
  if (checkpoint === undefined) return undefined;
  if (!(checkpoint instanceof Uint8Array)) {
    const detail = `task ${taskId} reports a checkpoint that is no Uint8Array: give bytes, such as a Buffer`;
    return new Failure("invalid", detail);
  }
  if (checkpoint.byteLength > checkpointBytesMax) {
    const seen = `task ${taskId} reports a checkpoint of ${checkpoint.byteLength} bytes`;
    const most = `and ${checkpointBytesMax} are the most`;
    return new Failure("too_large", `${seen}, ${most}: keep it elsewhere, and report where it is`);
  }
  return undefined;
}
