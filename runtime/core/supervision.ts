// What a supervisor does about a child that failed or left. Pure: failure in, decision out.
// The words are those of Erlang/OTP's supervisor; `resume` and the decision by failure are Akka's.
import type { Failure } from "#protocols/failure.ts";
import { type FailureCode, isFailureCode } from "#protocols/failure-codes.ts";
import { type BackoffSpec, checkBackoff } from "./backoff.ts";
import { check } from "./terms-check.ts";

/** Which children are restarted when one fails: it, it and all later ones, or all. */
export type Strategy = "one-for-one" | "rest-for-one" | "one-for-all";

/** `resume` keeps the instance and goes on with the next message. */
export type Directive = "resume" | "restart" | "stop" | "escalate";

/**
 * When a child is begun anew: `permanent` always, also when it stops by itself; `transient` only
 * when it failed; `temporary` never. Who is stopped by another is not begun anew, whatever its kind.
 */
export type RestartKind = "permanent" | "transient" | "temporary";

/** A failed child as a decision sees it. */
export interface FailedChild {
  readonly name: string;
  readonly path: string;
  readonly restartKind: RestartKind;
  /** How often it was restarted already. */
  readonly restarts: number;
  /** `constructor`, `initial`, `start`, `terminated`, the method, `a piped promise` or `child NAME`. */
  readonly during: string;
}

/** A table by failure code, or a function; `restart` where it says nothing. */
export type Decision =
  | Partial<Readonly<Record<FailureCode, Directive>>>
  | ((failure: Failure, child: FailedChild) => Directive | undefined);

export interface SupervisionSpec {
  readonly strategy: Strategy;
  /** At most so many restarts of all children together within `withinMs`; one more escalates. */
  readonly restartsMax: number;
  /** Also: a child that ran so long without failing begins its backoff anew. */
  readonly withinMs: number;
  readonly backoff: BackoffSpec;
  readonly decide?: Decision;
}

export const supervisionDefault: SupervisionSpec = {
  strategy: "one-for-one",
  restartsMax: 5,
  withinMs: 10_000,
  backoff: { delayMsMin: 20, delayMsMax: 2_000, factor: 2, jitter: 0.2 },
};

const strategies: readonly unknown[] = ["one-for-one", "rest-for-one", "one-for-all"];
const directives: readonly unknown[] = ["resume", "restart", "stop", "escalate"];
const restartKinds: readonly unknown[] = ["permanent", "transient", "temporary"];

/** Throws what a deciding function throws, and `invalid` when it answers no directive. */
export function directiveFor(
  spec: SupervisionSpec,
  failure: Failure,
  child: FailedChild,
): Directive {
  const { decide } = spec;
  if (typeof decide !== "function") return decide?.[failure.code] ?? "restart";
  const directive = decide(failure, child) ?? "restart";
  check(directives.includes(directive), "decide answers", directives.join(", "), directive);
  return directive;
}

/** Whether a child of this kind is begun anew after it failed, or after it stopped by itself. */
export function isBegunAnew(kind: RestartKind, after: "failure" | "stop"): boolean {
  switch (kind) {
    case "permanent":
      return true;
    case "transient":
      return after === "failure";
    case "temporary":
      return false;
    default:
      return kind satisfies never;
  }
}

/** Positions of the children that share the failed child's fate, in start order. */
export function affected(strategy: Strategy, count: number, failed: number): readonly number[] {
  const from = strategy === "one-for-all" ? 0 : failed;
  const to = strategy === "one-for-one" ? failed : count - 1;
  return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
}

/** Throws `invalid`, naming what makes no sense. */
export function checkSupervision(spec: SupervisionSpec): void {
  const { strategy, restartsMax, withinMs, decide } = spec;
  check(strategies.includes(strategy), "strategy is", strategies.join(", "), strategy);
  const isCount = Number.isInteger(restartsMax) || restartsMax === Number.POSITIVE_INFINITY;
  check(isCount && restartsMax >= 0, "restartsMax is", "a whole number from 0", restartsMax);
  check(withinMs > 0, "withinMs is", "a number of milliseconds above 0", withinMs);
  checkBackoff(spec.backoff);
  if (decide === undefined || typeof decide === "function") return;
  for (const [code, directive] of Object.entries(decide)) {
    check(isFailureCode(code), "decide names", "codes of the table of failures", code);
    check(directives.includes(directive), `decide.${code} is`, directives.join(", "), directive);
  }
}

/** Throws `invalid` for a kind that there is not. */
export function checkRestartKind(kind: RestartKind): void {
  check(restartKinds.includes(kind), "restart is", restartKinds.join(", "), kind);
}
