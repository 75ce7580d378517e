// Where metrics are counted: one series for each kind of actor, and in it one for each of its methods.
//
// Bounded: at most `seriesMax` series of methods and as many of actors. When full, whatever has no
// series yet is counted under `other`, so that sums stay right and only the distinction is lost.
//
// Hot: observation/observer-cost. Finding a series that exists allocates nothing.
import type { HandlingEnd } from "#runtime/core/observer.ts";
import { DurationHistogram } from "./duration-histogram.ts";

export const otherName = "other";

export class MethodSeries {
  readonly method: string;
  readonly durations = new DurationHistogram();
  done = 0;
  refused = 0;
  crashed = 0;
  leftBehind = 0;
  /** Times that a message was put aside; it is handled later, and then counts otherwise. */
  putAside = 0;

  constructor(method: string) {
    this.method = method;
  }

  count(end: HandlingEnd): void {
    switch (end) {
      case "done":
        this.done += 1;
        return;
      case "refused":
        this.refused += 1;
        return;
      case "crashed":
        this.crashed += 1;
        return;
      case "left-behind":
        this.leftBehind += 1;
        return;
      case "put-aside":
        this.putAside += 1;
        return;
      default:
        end satisfies never;
    }
  }
}

export class ActorSeries {
  readonly protocolId: string;
  /** The path pattern, or empty when paths are not told apart. */
  readonly group: string;
  readonly methods = new Map<string, MethodSeries>();
  spawned = 0;
  ended = 0;
  crashes = 0;
  restarts = 0;

  constructor(protocolId: string, group: string) {
    this.protocolId = protocolId;
    this.group = group;
  }
}

export class MetricSeries {
  readonly #seriesMax: number;
  readonly #byProtocol = new Map<string, Map<string, ActorSeries>>();
  readonly #all: ActorSeries[] = [];
  #methodCount = 0;
  #otherActors: ActorSeries | undefined;
  #otherMethods: MethodSeries | undefined;
  /** Times that `other` was counted instead of a series of its own. */
  overflowed = 0;

  constructor(seriesMax: number) {
    this.#seriesMax = seriesMax;
  }

  get all(): readonly ActorSeries[] {
    return this.#otherActors === undefined ? this.#all : [...this.#all, this.#otherActors];
  }

  actors(protocolId: string, group: string): ActorSeries {
    const known = this.#byProtocol.get(protocolId)?.get(group);
    if (known !== undefined) return known;
    if (this.#all.length >= this.#seriesMax) {
      this.overflowed += 1;
      return this.#other();
    }
    const made = new ActorSeries(protocolId, group);
    this.#all.push(made);
    const groups = this.#byProtocol.get(protocolId) ?? new Map<string, ActorSeries>();
    groups.set(group, made);
    this.#byProtocol.set(protocolId, groups);
    return made;
  }

  method(actors: ActorSeries, method: string): MethodSeries {
    const known = actors.methods.get(method);
    if (known !== undefined) return known;
    if (this.#methodCount >= this.#seriesMax) {
      this.overflowed += 1;
      return this.#otherMethod();
    }
    this.#methodCount += 1;
    const made = new MethodSeries(method);
    actors.methods.set(method, made);
    return made;
  }

  // Beyond the bound by one, so that there is always a place to count.
  #other(): ActorSeries {
    this.#otherActors ??= new ActorSeries(otherName, "");
    return this.#otherActors;
  }

  #otherMethod(): MethodSeries {
    if (this.#otherMethods === undefined) {
      this.#otherMethods = new MethodSeries(otherName);
      this.#other().methods.set(otherName, this.#otherMethods);
    }
    return this.#otherMethods;
  }
}
