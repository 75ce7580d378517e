// Judges histories: a checker sees each event once, when it comes, and throws a `BrokenPromise` as
// soon as the system did what it promises never to do; at the end, what is missing counts too.
import { BrokenPromise } from "./broken-promise.ts";
import { formatEvent, type HistoryEvent } from "./history.ts";

/** How a run ended: all faults over long ago. By node's name the incarnation that lives. */
export interface SettledWorld {
  readonly atMs: number;
  readonly living: ReadonlyMap<string, number>;
}

export interface Checker {
  readonly name: string;
  saw(event: HistoryEvent): void;
  settled?(world: SettledWorld): void;
}

/** Makes a checker for one run. */
export type Check = () => Checker;

export interface Violation {
  readonly checker: string;
  readonly statement: string;
  /** The events that show it. */
  readonly events: readonly HistoryEvent[];
}

/** Runs a few checkers over one history; the first violation counts, later events are not judged. */
export class Jury {
  readonly #checkers: readonly Checker[];
  /** By id; so many of the last are kept to be shown with a violation. */
  readonly #recent = new Map<number, HistoryEvent>();
  violation: Violation | undefined;

  constructor(checks: readonly Check[]) {
    this.#checkers = checks.map((check) => check());
  }

  saw(event: HistoryEvent): void {
    if (this.violation) return;
    this.#recent.set(event.id, event);
    if (this.#recent.size > eventsKeptMax) this.#recent.delete(event.id - eventsKeptMax);
    for (const checker of this.#checkers) {
      this.#ask(checker, event, () => checker.saw(event));
    }
  }

  settled(world: SettledWorld): void {
    for (const checker of this.#checkers) {
      this.#ask(checker, undefined, () => checker.settled?.(world));
    }
  }

  #ask(checker: Checker, event: HistoryEvent | undefined, act: () => void): void {
    if (this.violation) return;
    try {
      act();
    } catch (error) {
      const ids = error instanceof BrokenPromise ? error.events : [];
      const shown = ids.flatMap((id) => this.#recent.get(id) ?? []);
      const events = event && !ids.includes(event.id) ? [...shown, event] : shown;
      this.violation = { checker: checker.name, statement: textOf(error), events };
    }
  }
}

/** Events that are kept for a violation; older ones are named by id alone. */
const eventsKeptMax = 100_000;

/** What the checks have to say about a history that is over; undefined when nothing is wrong. */
export function checkHistory(
  history: readonly HistoryEvent[],
  checks: readonly Check[],
  world: SettledWorld = livingOf(history),
): Violation | undefined {
  const jury = new Jury(checks);
  for (const event of history) jury.saw(event);
  jury.settled(world);
  return jury.violation;
}

export const formatViolation = ({ checker, statement, events }: Violation): string =>
  [`${checker}: ${statement}`, ...events.map((event) => `  ${formatEvent(event)}`)].join("\n");

function livingOf(history: readonly HistoryEvent[]): SettledWorld {
  const living = new Map<string, number>();
  for (const { kind, node, incarnation } of history) {
    if (kind === "node-started") living.set(node, incarnation);
    else if (kind === "node-ended" && living.get(node) === incarnation) living.delete(node);
  }
  return { atMs: history.at(-1)?.atMs ?? 0, living };
}

const textOf = (error: unknown): string =>
  error instanceof BrokenPromise || !(error instanceof Error)
    ? String(error instanceof Error ? error.message : error)
    : (error.stack ?? error.message);
