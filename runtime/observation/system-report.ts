// How a system is at one instant: its actors, what has become of its messages, what is slow, what
// crashed last. Plain data, for a page, a test, or `systemReportText`.
import { Failure } from "#protocols/failure.ts";
import type { ActorTree } from "#runtime/core/inspection.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { CrashReport } from "./crash-report.ts";
import type { CrashReporter } from "./crash-reporter.ts";
import type { FlightRecorder } from "./flight-recorder.ts";
import { handlingSince } from "./handling-since.ts";
import type { MessageLevels } from "./metrics.ts";
import type { ObserverFailure } from "./observers.ts";
import type { SlowHandlers, SlowHandling } from "./slow-handlers.ts";

/** What is reported; `ActorSystem` is one. */
export interface ReportedSystem {
  readonly node: { readonly name: string; readonly incarnation: number };
  readonly counts: MessageLevels;
  inspect(): ActorTree;
}

/** An actor whose handler has been in progress for a while. */
export interface Ongoing {
  readonly path: string;
  readonly method: string;
  /** Undefined: it began before the recorder remembers. */
  readonly ms: number | undefined;
}

export interface SystemReport {
  readonly node: { readonly name: string; readonly incarnation: number };
  /** When, in milliseconds since 1970. */
  readonly wallMs: number;
  /** sent = processed + queued + dead + inFlight. */
  readonly messages: MessageLevels;
  readonly actors: ActorTree;
  /** Handlers in progress that await something, the longest first. */
  readonly ongoing: readonly Ongoing[];
  /** Slowest first. */
  readonly slowest: readonly SlowHandling[];
  /** Oldest first. */
  readonly crashes: readonly CrashReport[];
  /** Crashes that came too fast to be reported. */
  readonly crashesOmitted: number;
  /** Parts of the observer that threw. */
  readonly switchedOff: readonly { readonly hook: string; readonly detail: string }[];
}

export interface ReportSources {
  readonly system: ReportedSystem | undefined;
  readonly clock: Clock;
  readonly slowHandlers: SlowHandlers;
  readonly recorder: FlightRecorder;
  readonly crashes: CrashReporter;
  readonly switchedOff: readonly ObserverFailure[];
}

export function systemReport(sources: ReportSources): SystemReport {
  const { system, clock, slowHandlers, recorder, crashes } = sources;
  if (system === undefined) {
    throw new Failure("unavailable", "no system is observed yet; call attach(system) first");
  }
  const actors = system.inspect();
  const { sent, processed, queued, dead, deadBy, inFlight } = system.counts;
  return {
    node: { name: system.node.name, incarnation: system.node.incarnation },
    wallMs: clock.wall(),
    messages: { sent, processed, queued, dead, deadBy, inFlight },
    actors,
    ongoing: ongoingIn(actors, handlingSince(recorder, clock.now())),
    slowest: [...slowHandlers.slowest],
    crashes: [...crashes.last],
    crashesOmitted: crashes.omitted,
    switchedOff: sources.switchedOff.map(({ hook, failure }) => ({
      hook,
      detail: failure.detail,
    })),
  };
}

function ongoingIn(
  root: ActorTree,
  msOf: (path: string, method: string) => number | undefined,
): readonly Ongoing[] {
  const found: Ongoing[] = [];
  const rest = [root];
  for (let actor = rest.pop(); actor !== undefined; actor = rest.pop()) {
    const { path, handling, children } = actor;
    for (const method of handling) found.push({ path, method, ms: msOf(path, method) });
    rest.push(...children);
  }
  const longest = ({ ms }: Ongoing): number => ms ?? Number.POSITIVE_INFINITY;
  return found.sort((a, b) => (longest(a) === longest(b) ? 0 : longest(b) - longest(a)));
}
