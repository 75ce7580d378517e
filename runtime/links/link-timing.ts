// The intervals of one link, in proportion to how soon its peer must count as down. Pure.
import { Failure } from "#protocols/failure.ts";
import { linkLimits } from "#protocols/link-limits.ts";

export interface LinkTiming {
  /** Milliseconds without a link until the peer is declared down. */
  readonly downAfterMs: number;
  /** Milliseconds between two pings of an open link; each is answered by an acknowledgement. */
  readonly pingMs: number;
  /** Milliseconds until an unanswered greeting is repeated. */
  readonly greetingMs: number;
  /** Milliseconds of unanswered greetings after which a new connection is dialled. */
  readonly greetingsMsMax: number;
  /** Milliseconds without an answer on an open link after which a new connection is dialled. */
  readonly answerMsMax: number;
  /** Milliseconds of silence until the peer is declared down: patient for a ping more. */
  readonly silenceMsMax: number;
  /** Milliseconds between two looks at what is due. */
  readonly tickMs: number;
}

/** Fails with `invalid` below `downAfterMsMin`. */
export function linkTiming(downAfterMs: number = linkLimits.downAfterMs): LinkTiming {
  if (!(downAfterMs >= linkLimits.downAfterMsMin && Number.isFinite(downAfterMs))) {
    const detail = `downAfterMs is ${downAfterMs}: give at least ${linkLimits.downAfterMsMin} ms`;
    throw new Failure("invalid", detail);
  }
  const pingMs = Math.min(linkLimits.pingMsMax, downAfterMs / 3);
  const greetingMs = pingMs / 2;
  return {
    downAfterMs,
    pingMs,
    greetingMs,
    greetingsMsMax: greetingMs * 3,
    answerMsMax: pingMs * 2.5,
    silenceMsMax: downAfterMs + pingMs * 1.5,
    tickMs: Math.min(linkLimits.tickMsMax, pingMs / 4),
  };
}
