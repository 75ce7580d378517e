// What a supervisor does about a failed child. Pure: failure in, decision out.

import type { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { BackoffSpec } from "./backoff.ts";

/** Which children are restarted when one fails: it, it and all later ones, or all. */
export type Strategy = "one-for-one" | "rest-for-one" | "one-for-all";

/** `resume` keeps the instance and goes on with the next message. */
export type Directive = "resume" | "restart" | "stop" | "escalate";

export interface SupervisionSpec {
  readonly strategy: Strategy;
  /** At most so many restarts within `withinMs`; one more escalates. */
  readonly restartsMax: number;
  readonly withinMs: number;
  readonly backoff: BackoffSpec;
  /** By failure code; `restart` for codes not named. */
  readonly decide?: Partial<Readonly<Record<FailureCode, Directive>>>;
}

export const supervisionDefault: SupervisionSpec = {
  strategy: "one-for-one",
  restartsMax: 5,
  withinMs: 10_000,
  backoff: { delayMsMin: 20, delayMsMax: 2_000, factor: 2, jitter: 0.2 },
};

export const directiveFor = (spec: SupervisionSpec, failure: Failure): Directive =>
  spec.decide?.[failure.code] ?? "restart";

/** Positions of the children that share the failed child's fate, in start order. */
export function affected(strategy: Strategy, count: number, failed: number): readonly number[] {
  const from = strategy === "one-for-all" ? 0 : failed;
  const to = strategy === "one-for-one" ? failed : count - 1;
  return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
}
