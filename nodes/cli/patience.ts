// Asks the cluster again while its answer is one that passes: a gateway that restarts, refuses for now or
// breaks off. What no repetition mends is told at once.
import { Failure } from "#protocols/failure.ts";
import { failureCodes } from "#protocols/failure-codes.ts";

export interface PatiencePorts {
  /** Aborted when nothing more is wanted. */
  readonly signal: AbortSignal;
  /** Something does not answer for now, or does again (null). */
  readonly troubled: (failure: Failure | null) => void;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Without one answer for so long, the cluster is taken to be gone. */
export const patienceMs = 300_000;
const pauseMsMin = 200;
const pauseMsMax = 5_000;

/**
 * A full queue is waited for without an end. Fails with `cancelled` when the signal was aborted, and as
 * the last answer did when it does not pass, or there was no other for five minutes.
 */
export async function patiently<R>(ports: PatiencePorts, ask: () => Promise<R>): Promise<R> {
  const { signal, troubled, pause, now } = ports;
  let deadline = now() + patienceMs;
  for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    if (signal.aborted) throw stopped();
    const answer = await ask().then(
      (value) => ({ value }),
      (cause: unknown) => Failure.of(cause),
    );
    if (!(answer instanceof Failure)) {
      troubled(null);
      return answer.value;
    }
    if (signal.aborted) throw stopped();
    if (!failureCodes[answer.code].retryable) throw answer;
    if (answer.code === "queue_full") deadline = now() + patienceMs;
    if (now() + pauseMs >= deadline) throw answer;
    troubled(answer);
    await pause(pauseMs);
  }
}

const stopped = (): Failure => new Failure("cancelled", "no more is wanted");
