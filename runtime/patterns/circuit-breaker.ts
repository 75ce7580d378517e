// When to stop asking something that fails, and when to try again. Pure: the time is passed in.
//
//   closed ──too many failures──► open ──openMs──► half-open ──all probes succeed──► closed
//                                  ▲                   │
//                                  └──── one fails ────┘
//
// Every admitted call bears the number of the phase it began in: what an old call has to say about
// a dependency that has since been judged anew does not count (after Nygard, "Release It!").
import { Failure } from "#protocols/failure.ts";
import { OutcomeWindow } from "./outcome-window.ts";

/** What opens a closed breaker. */
export type BreakerTrip =
  /** So many failures without a success between them. */
  | { readonly kind: "consecutive"; readonly failures: number }
  /** This share (0 to 1) of at least `callsMin` calls that ended within the window. */
  | {
      readonly kind: "rate";
      readonly failureShare: number;
      readonly callsMin: number;
      readonly windowMs: number;
    };

export interface BreakerSpec {
  /** Of what it guards, for whoever is refused. Default: "what this breaker guards". */
  readonly name?: string;
  readonly trip: BreakerTrip;
  /** Milliseconds without any call before it is tried again. */
  readonly openMs: number;
  /** Calls let through to try it; all must succeed. */
  readonly probes: number;
}

export type BreakerState = "closed" | "open" | "half-open";
export type Admission =
  | { readonly kind: "admitted"; readonly phase: number }
  /** Ask again after so many milliseconds. */
  | { readonly kind: "refused"; readonly retryAfterMs: number };
/** `withdrawn`: it ended without telling anything about the dependency. */
export type CallOutcome = "succeeded" | "failed" | "withdrawn";

/** Only ever grow. */
export interface BreakerCounts {
  readonly admitted: number;
  readonly refused: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly withdrawn: number;
  readonly opened: number;
}

export class CircuitBreaker {
  readonly #spec: BreakerSpec;
  readonly #window: OutcomeWindow | undefined;
  readonly #counts = { admitted: 0, refused: 0, succeeded: 0, failed: 0, withdrawn: 0, opened: 0 };
  #state: BreakerState = "closed";
  #phase = 0;
  #failuresInRow = 0;
  /** When the phase began. */
  #sinceMs = 0;
  #probesAdmitted = 0;
  #probesSucceeded = 0;

  constructor(spec: BreakerSpec) {
    checkSpec(spec);
    this.#spec = spec;
    this.#window = spec.trip.kind === "rate" ? new OutcomeWindow(spec.trip.windowMs) : undefined;
  }

  get name(): string {
    return this.#spec.name ?? "what this breaker guards";
  }

  /** As of the last call: an open breaker turns half-open only when it is asked. */
  get state(): BreakerState {
    return this.#state;
  }

  get counts(): BreakerCounts {
    return { ...this.#counts };
  }

  /** Whether a call may be made now; one that is admitted must be `ended`, whatever happens. */
  admit(nowMs: number): Admission {
    const waitMs = this.#sinceMs + this.#spec.openMs - nowMs;
    if (this.#state === "open" && waitMs <= 0) this.#enter("half-open", nowMs);
    if (this.#state === "open") return this.#refuse(waitMs);
    if (this.#state === "half-open") {
      // Probes that were never heard of again must not keep it half-open for ever.
      if (this.#isProbed() && waitMs <= 0) this.#enter("half-open", nowMs);
      else if (this.#isProbed()) return this.#refuse(waitMs);
      this.#probesAdmitted += 1;
    }
    this.#counts.admitted += 1;
    return { kind: "admitted", phase: this.#phase };
  }

  /** How a call that began in `phase` has ended. */
  ended(phase: number, outcome: CallOutcome, nowMs: number): void {
    this.#counts[outcome] += 1;
    if (phase !== this.#phase) return;
    if (this.#state === "half-open") this.#probed(outcome, nowMs);
    else if (this.#state === "closed" && outcome !== "withdrawn") this.#watched(outcome, nowMs);
  }

  #watched(outcome: "succeeded" | "failed", nowMs: number): void {
    this.#failuresInRow = outcome === "failed" ? this.#failuresInRow + 1 : 0;
    this.#window?.add(outcome, nowMs);
    if (outcome === "failed" && this.#isTooMuch(nowMs)) this.#enter("open", nowMs);
  }

  #isTooMuch(nowMs: number): boolean {
    const { trip } = this.#spec;
    if (trip.kind === "consecutive") return this.#failuresInRow >= trip.failures;
    const { failed = 0, total = 0 } = this.#window?.at(nowMs) ?? {};
    return total >= trip.callsMin && failed >= total * trip.failureShare;
  }

  #probed(outcome: CallOutcome, nowMs: number): void {
    if (outcome === "failed") this.#enter("open", nowMs);
    else if (outcome === "withdrawn") this.#probesAdmitted -= 1;
    else this.#probesSucceeded += 1;
    if (this.#probesSucceeded === this.#spec.probes) this.#enter("closed", nowMs);
  }

  #isProbed(): boolean {
    return this.#probesAdmitted >= this.#spec.probes;
  }

  #enter(state: BreakerState, nowMs: number): void {
    this.#state = state;
    this.#sinceMs = nowMs;
    this.#phase += 1;
    this.#failuresInRow = 0;
    this.#probesAdmitted = 0;
    this.#probesSucceeded = 0;
    this.#window?.clear();
    if (state === "open") this.#counts.opened += 1;
  }

  #refuse(retryAfterMs: number): Admission {
    this.#counts.refused += 1;
    return { kind: "refused", retryAfterMs };
  }
}

function checkSpec({ name = "of no name", trip, openMs, probes }: BreakerSpec): void {
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
  const rules: readonly (readonly [boolean, string])[] = [
    [openMs > 0 && Number.isFinite(openMs), `openMs is a number above 0, not ${openMs}`],
    [isCount(probes), `probes is a whole number from 1, not ${probes}`],
    ...(trip.kind === "consecutive"
      ? ([[isCount(trip.failures), `failures is from 1, not ${trip.failures}`]] as const)
      : ([
          [isCount(trip.callsMin), `callsMin is from 1, not ${trip.callsMin}`],
          [
            trip.failureShare > 0 && trip.failureShare <= 1,
            `failureShare is above 0 and at most 1, not ${trip.failureShare}`,
          ],
          [trip.windowMs > 0, `windowMs is above 0, not ${trip.windowMs}`],
        ] as const)),
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken)
    throw new Failure("invalid", `the breaker ${name} cannot be: let it hold that ${broken[1]}`);
}
