// The options of an actor that is spawned elsewhere, as plain data: what is code cannot travel.
import type { PlacedTerms, PlainSupervision } from "#protocols/cluster/spawn-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { SpawnOptions } from "#runtime/core/actor-class.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";

/** Fails with `invalid` for a supervision that is decided by a function. */
export function termsOf(
  { mailbox, restart, startTimeoutMs, stopTimeoutMs, supervise }: SpawnOptions,
  name: string | undefined,
): PlacedTerms {
  const plain = supervise && plainSupervision(supervise);
  if (supervise && !plain) {
    const text =
      "`supervise` of an actor elsewhere decides by a function, which cannot travel: give a table, or let its class say it";
    throw new Failure("invalid", text);
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(restart === undefined ? {} : { restart }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
    ...(plain === undefined ? {} : { supervise: plain }),
  };
}

/** Undefined when it decides by a function. */
export function plainSupervision(spec: SupervisionSpec): PlainSupervision | undefined {
  const { backoff, decide, restartsMax, strategy, withinMs } = spec;
  if (typeof decide === "function") return undefined;
  return { strategy, restartsMax, withinMs, backoff, ...(decide === undefined ? {} : { decide }) };
}

const { backoff, restartsMax, strategy, withinMs } = supervisionDefault;

/** Of an actor without a parent that would say otherwise. */
export const supervisionPlain: PlainSupervision = { strategy, restartsMax, withinMs, backoff };
