// Counters, gauges and histograms of one node as plain data, and as a page for Prometheus.
//
// Messages are counted by protocol, path pattern (if asked for) and method. Counting allocates nothing
// once a series exists; levels (mailboxes, living actors) are read off the tree when somebody looks.
import type { Exit } from "#protocols/envelope.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { BoundState } from "#runtime/core/bounds.ts";
import type { DeadLetter } from "#runtime/core/dead-letters.ts";
import type { HandlingEnd, ObservedActor } from "#runtime/core/observer.ts";
import type { Clock } from "#runtime/core/ports.ts";
import { type ActorSeries, type MethodSeries, MetricSeries, otherName } from "./metric-series.ts";
import type { ActorMetrics, HandlingMetrics, MetricsSnapshot } from "./metrics-snapshot.ts";
import type { ObserverPart } from "./observers.ts";
import { prometheusText } from "./prometheus-text.ts";
import type { FigureSource } from "./shown-figures.ts";
import { wholeNumber } from "./whole-number.ts";

export interface MetricsOptions {
  /** For handling times; a `MessageClock` shares its look with other observers. */
  readonly clock: Pick<Clock, "now">;
  /**
   * Tells groups of actors apart by their paths, for example `pathPattern`. Asked once an actor.
   * Default: actors of one protocol count together.
   */
  readonly groupOf?: (path: string) => string;
  /** Series of methods, and series of actors, at most. More: counted as `other`. Default: 1000. */
  readonly seriesMax?: number;
  /** Living actors whose group is remembered. More: counted as group `other`. Default: 10 000. */
  readonly actorsMax?: number;
}

/** What levels are read from; `ActorSystem` is one. */
export interface MeteredSystem {
  inspect(): MeteredActor;
  readonly counts?: MessageLevels;
  readonly bounds?: readonly BoundState[];
  readonly asks?: { readonly lateReplyCount: number };
}

export interface MeteredActor {
  readonly path: string;
  readonly protocol: string;
  readonly waiting: number;
  readonly waitingBytes?: number;
  readonly children: readonly MeteredActor[];
}

export interface MessageLevels {
  readonly sent: number;
  readonly processed: number;
  readonly queued: number;
  readonly dead: number;
  readonly inFlight: number;
  /** `dead` by cause. */
  readonly deadBy: Readonly<Record<string, number>>;
}

/** A handler in progress. Used again once it has ended, so that counting makes no garbage. */
class Timing {
  series: MethodSeries | undefined;
  // A number with a fraction from the start, so that V8 writes later ones in place.
  startMs = Number.NaN;
}

/** Timings kept for the next handlers; more than that are left to the garbage collector. */
const timingsKeptMax = 1_024;

interface Levels {
  living: number;
  waiting: number;
  waitingMax: number;
  waitingBytes: number;
}

export class Metrics implements ObserverPart {
  readonly #clock: Pick<Clock, "now">;
  readonly #groupOf: ((path: string) => string) | undefined;
  readonly #actorsMax: number;
  readonly #series: MetricSeries;
  readonly #groups = new Map<ObservedActor, string>();
  readonly #deadLetters = new Map<FailureCode, number>();
  readonly #timings: Timing[] = [];
  readonly #sources: (() => FigureSource)[] = [];
  #system: MeteredSystem | undefined;

  constructor({ clock, groupOf, seriesMax = 1_000, actorsMax = 10_000 }: MetricsOptions) {
    this.#clock = clock;
    this.#groupOf = groupOf;
    this.#actorsMax = wholeNumber("actorsMax", actorsMax, {});
    this.#series = new MetricSeries(wholeNumber("seriesMax", seriesMax, {}));
  }

  /** Where levels are read from; a later one replaces the one before. */
  attach(system: MeteredSystem): void {
    this.#system = system;
  }

  /** Shows what that part tells of itself, too. */
  show(source: () => FigureSource): void {
    this.#sources.push(source);
  }

  snapshot(): MetricsSnapshot {
    const shown = this.#sources.map((source) => source());
    const levels = this.#levels();
    const { asks, bounds, counts } = this.#system ?? {};
    return {
      handlings: this.#series.all.flatMap((actors) => handlingsOf(actors)),
      actors: this.#series.all.map((actors) => metricsOf(actors, levels?.get(actors), levels)),
      deadLetters: [...this.#deadLetters].map(([reason, count]) => ({ reason, count })),
      ...(counts === undefined ? {} : { messages: { ...counts } }),
      ...(asks === undefined ? {} : { lateReplies: asks.lateReplyCount }),
      bounds: [...(bounds ?? []), ...shown.flatMap((source) => source.bounds)],
      figures: shown.flatMap(({ figures }) => figures),
      overflowed: this.#series.overflowed,
    };
  }

  /** The snapshot in the text format 0.0.4: `text/plain; version=0.0.4; charset=utf-8`. */
  toPrometheus(): string {
    return prometheusText(this.snapshot());
  }

  // ---- hooks

  handling(actor: ObservedActor, method: string): Timing {
    const timing = this.#timings.pop() ?? new Timing();
    timing.series = this.#series.method(this.#seriesOf(actor), method);
    timing.startMs = this.#clock.now();
    return timing;
  }

  handled(_actor: ObservedActor, _method: string, end: HandlingEnd, token: unknown): void {
    if (!(token instanceof Timing) || token.series === undefined) return;
    token.series.count(end);
    if (end !== "put-aside") token.series.durations.add(this.#clock.now() - token.startMs);
    token.series = undefined;
    if (this.#timings.length < timingsKeptMax) this.#timings.push(token);
  }

  spawned(actor: ObservedActor): void {
    this.#seriesOf(actor).spawned += 1;
  }

  crashed(actor: ObservedActor): void {
    this.#seriesOf(actor).crashes += 1;
  }

  restarted(actor: ObservedActor): void {
    this.#seriesOf(actor).restarts += 1;
  }

  ended(actor: ObservedActor, _exit: Exit): void {
    this.#seriesOf(actor).ended += 1;
    this.#groups.delete(actor);
  }

  dead({ reason }: DeadLetter): void {
    this.#deadLetters.set(reason, (this.#deadLetters.get(reason) ?? 0) + 1);
  }

  // ---- series and levels

  #seriesOf(actor: ObservedActor): ActorSeries {
    return this.#series.actors(actor.protocol.id, this.#groupFor(actor));
  }

  #groupFor(actor: ObservedActor): string {
    if (this.#groupOf === undefined) return "";
    const known = this.#groups.get(actor);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#actorsMax) return otherName;
    const group = this.#groupOf(actor.path);
    this.#groups.set(actor, group);
    return group;
  }

  #levels(): ReadonlyMap<ActorSeries, Levels> | undefined {
    if (this.#system === undefined) return undefined;
    const levels = new Map<ActorSeries, Levels>();
    const rest = [this.#system.inspect()];
    for (let actor = rest.pop(); actor !== undefined; actor = rest.pop()) {
      const series = this.#series.actors(actor.protocol, this.#groupOf?.(actor.path) ?? "");
      const level = levels.get(series) ?? noLevels();
      level.living += 1;
      level.waiting += actor.waiting;
      level.waitingMax = Math.max(level.waitingMax, actor.waiting);
      level.waitingBytes += actor.waitingBytes ?? 0;
      levels.set(series, level);
      for (const child of actor.children) rest.push(child);
    }
    return levels;
  }
}

const noLevels = (): Levels => ({ living: 0, waiting: 0, waitingMax: 0, waitingBytes: 0 });

function handlingsOf({ protocolId, group, methods }: ActorSeries): readonly HandlingMetrics[] {
  return [...methods.values()].map((series) => ({
    protocol: protocolId,
    group,
    method: series.method,
    done: series.done,
    refused: series.refused,
    crashed: series.crashed,
    leftBehind: series.leftBehind,
    putAside: series.putAside,
    durations: series.durations.seen(),
  }));
}

function metricsOf(
  { protocolId, group, spawned, ended, crashes, restarts }: ActorSeries,
  level: Levels | undefined,
  all: ReadonlyMap<ActorSeries, Levels> | undefined,
): ActorMetrics {
  const counters = { protocol: protocolId, group, spawned, ended, crashes, restarts };
  return all === undefined ? counters : { ...counters, levels: level ?? noLevels() };
}
