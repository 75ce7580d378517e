// What a node usually wants to know of itself, put together: metrics, the slowest handlers, a flight
// recorder, crash reports, and traces where spans have somewhere to go.
//
//   const observation = new Observation({ clock: nodeClock });
//   const system = await startLocalSystem({ observer: observation.observer });
//   observation.attach(system);
//   console.log(systemReportText(observation.inspect()));
import type { Observer } from "#runtime/core/observer.ts";
import type { Clock, Log } from "#runtime/core/ports.ts";
import type { CrashReport } from "./crash-report.ts";
import { crashReportText } from "./crash-report-text.ts";
import { CrashReporter, type CrashReporterOptions } from "./crash-reporter.ts";
import { FlightRecorder, type FlightRecorderOptions } from "./flight-recorder.ts";
import { MessageClock } from "./message-clock.ts";
import { Metrics, type MetricsOptions } from "./metrics.ts";
import { type ObserverGroup, type ObserverPart, observeWith } from "./observers.ts";
import { SlowHandlers, type SlowHandlersOptions } from "./slow-handlers.ts";
import { type ReportedSystem, type SystemReport, systemReport } from "./system-report.ts";
import { Tracing, type TracingOptions } from "./tracing.ts";

export interface ObservationOptions {
  readonly clock: Clock;
  /** Gets each crash report, and tells of a part that was switched off. Default: that of the system. */
  readonly log?: Log;
  readonly metrics?: Omit<MetricsOptions, "clock">;
  readonly slowHandlers?: Omit<SlowHandlersOptions, "clock">;
  readonly recorder?: Omit<FlightRecorderOptions, "clock">;
  readonly crashes?: Omit<CrashReporterOptions, "clock" | "recorder" | "report">;
  /** Where spans go. Default: no traces of its own; contexts that come in go on as they are. */
  readonly tracing?: Omit<TracingOptions, "clock">;
  /** Further observers; they come last. */
  readonly also?: readonly ObserverPart[];
}

/** A system with its log. */
export interface AttachedSystem extends ReportedSystem {
  readonly log: Log;
}

export class Observation {
  readonly metrics: Metrics;
  readonly slowHandlers: SlowHandlers;
  readonly recorder: FlightRecorder;
  readonly crashes: CrashReporter;
  readonly tracing: Tracing | undefined;
  readonly #group: ObserverGroup;
  readonly #clock: Clock;
  #log: Log | undefined;
  #system: AttachedSystem | undefined;

  constructor(options: ObservationOptions) {
    const clock = new MessageClock(options.clock);
    this.#clock = options.clock;
    this.#log = options.log;
    this.metrics = new Metrics({ ...options.metrics, clock });
    this.slowHandlers = new SlowHandlers({ ...options.slowHandlers, clock });
    this.recorder = new FlightRecorder({ ...options.recorder, clock });
    const report = (crash: CrashReport): void => this.#tellCrash(crash);
    this.crashes = new CrashReporter({
      ...options.crashes,
      clock,
      recorder: this.recorder,
      report,
    });
    this.tracing = options.tracing && new Tracing({ ...options.tracing, clock: options.clock });
    const { metrics, slowHandlers, recorder, crashes, tracing } = this;
    const traced = tracing === undefined ? [] : [tracing];
    const also = options.also ?? [];
    // The clock looks before all others; the recorder knows of a crash before it is reported.
    this.#group = observeWith(clock, metrics, slowHandlers, recorder, crashes, ...traced, ...also);
    this.#group.onFailure = ({ hook, failure }) =>
      this.#log?.write("error", "/", `a part of the observer threw in ${hook}, so it is off`, {
        code: failure.code,
        detail: failure.detail,
      });
  }

  /** For `startLocalSystem`, `startSystem` and `SystemOptions`. */
  get observer(): Observer {
    return this.#group;
  }

  /** The system that is observed: from now on levels are known, and it can be inspected. */
  attach(system: AttachedSystem): void {
    this.#system = system;
    this.#log ??= system.log;
    this.metrics.attach(system);
  }

  /** How the system is now. O(actors). Fails with `unavailable` before `attach`. */
  inspect(): SystemReport {
    const { slowHandlers, recorder, crashes } = this;
    return systemReport({
      system: this.#system,
      clock: this.#clock,
      slowHandlers,
      recorder,
      crashes,
      switchedOff: this.#group.failures,
    });
  }

  #tellCrash(report: CrashReport): void {
    const lines = crashReportText(report).trimEnd().split("\n");
    this.#log?.write("error", report.path, `crash report: ${report.during}`, { report: lines });
  }
}
