// Makes a report of each crash, out of what the flight recorder has, and keeps the last ones.
//
// Bounded: `keptMax` reports, the oldest goes. At most `perMinuteMax` are made in a minute, since a
// report costs more than a message and crashes come in storms; the rest are counted.
import type { Failure } from "#protocols/failure.ts";
import type { ObservedActor } from "#runtime/core/observer.ts";
import type { Clock } from "#runtime/core/ports.ts";
import { type CrashReport, crashReport } from "./crash-report.ts";
import type { FlightRecorder } from "./flight-recorder.ts";
import type { ObserverPart } from "./observers.ts";
import { wholeNumber } from "./whole-number.ts";

export interface CrashReporterOptions {
  /** The recorder's clock, so that ages come out right. */
  readonly clock: Clock;
  /** Goes before the reporter in `observeWith`. Absent: reports tell nothing of before. */
  readonly recorder?: FlightRecorder;
  /** Called with each report, inside of the engine's turn. */
  readonly report?: (report: CrashReport) => void;
  /** Default: `shape`. See `Crash.payloads`. */
  readonly payloads?: "shape" | "value";
  /** Default: 20. */
  readonly keptMax?: number;
  /** Default: 60. */
  readonly perMinuteMax?: number;
}

const minuteMs = 60_000;

export class CrashReporter implements ObserverPart {
  readonly #options: CrashReporterOptions;
  readonly #keptMax: number;
  readonly #perMinuteMax: number;
  readonly #kept: CrashReport[] = [];
  #minuteBeginMs = Number.NEGATIVE_INFINITY;
  #madeInMinute = 0;
  /** Crashes without a report, because there were too many at once. */
  omitted = 0;

  constructor(options: CrashReporterOptions) {
    this.#options = options;
    this.#keptMax = wholeNumber("keptMax", options.keptMax ?? 20, {});
    this.#perMinuteMax = wholeNumber("perMinuteMax", options.perMinuteMax ?? 60, {});
  }

  /** Oldest first. */
  get last(): readonly CrashReport[] {
    return this.#kept;
  }

  crashed(actor: ObservedActor, failure: Failure, during: string): void {
    const { clock, recorder, report, payloads = "shape" } = this.#options;
    const nowMs = clock.now();
    if (!this.#mayReport(nowMs)) return;
    const events = recorder?.eventsOf(actor) ?? [];
    const wallMs = clock.wall();
    const made = crashReport({ actor, failure, during, events, nowMs, wallMs, payloads });
    this.#kept.push(made);
    if (this.#kept.length > this.#keptMax) this.#kept.shift();
    report?.(made);
  }

  #mayReport(nowMs: number): boolean {
    if (nowMs - this.#minuteBeginMs >= minuteMs) {
      this.#minuteBeginMs = nowMs;
      this.#madeInMinute = 0;
    }
    if (this.#madeInMinute >= this.#perMinuteMax) {
      this.omitted += 1;
      return false;
    }
    this.#madeInMinute += 1;
    return true;
  }
}
