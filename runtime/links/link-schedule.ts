// When links act by themselves: at the end of a turn in which something was sent, and when the
// earliest of their intervals is over. One turn and one alarm for all links of a node.
import type { Clock, Executor, Timers } from "#runtime/core/ports.ts";
import type { Link } from "./link.ts";

/** An alarm that rings later than this finds a process that did not run. */
const lateMsMin = 200;

export interface ScheduleParts {
  readonly clock: Clock;
  /** The alarm of the links alone. */
  readonly timers: Timers;
  readonly executor: Executor;
  readonly links: () => Iterable<Link>;
  /** After each look at all links; answers when the next must come, at the latest. */
  readonly looked: (nowMs: number) => number;
}

export class LinkSchedule {
  readonly #parts: ScheduleParts;
  readonly #unflushed = new Set<Link>();
  /** The newest of them: messages come in runs for one link. */
  #lastUnflushed: Link | undefined;
  #isFlushDue = false;
  /** In this pass of the event loop. */
  #hasFlushed = false;
  #alarmDueMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  /**
   * Something was sent: it goes out with what else this run of the actors sends, and what is sent later in the
   * same pass of the event loop when pending IO had its turn. So a lone message does not wait, and a
   * pass with many of them makes two batches, not one for each.
   */
  flushLater(link: Link): void {
    if (link === this.#lastUnflushed) return;
    this.#lastUnflushed = link;
    this.#unflushed.add(link);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    const { executor } = this.#parts;
    if (this.#hasFlushed) {
      executor.later(this.#flushInTurn);
      return;
    }
    this.#hasFlushed = true;
    executor.soon(this.#flushInTurn);
    executor.later(this.#passEnded);
  }

  flush(): void {
    const nowMs = this.#parts.clock.now();
    for (const link of this.#unflushed) {
      link.flush(nowMs);
      this.arm(link);
    }
    this.#unflushed.clear();
    this.#lastUnflushed = undefined;
  }

  /** To be called after every event of a link. */
  arm(link: Link): void {
    this.wakeBy(link.dueMs(this.#parts.clock.now()));
  }

  /** The links are looked at then, at the latest. */
  wakeBy(dueMs: number): void {
    if (dueMs >= this.#alarmDueMs || this.#isOver) return;
    this.#alarmDueMs = dueMs;
    this.#parts.timers.set(dueMs, this.#ring);
  }

  stop(): void {
    this.#isOver = true;
    this.#parts.timers.clear();
  }

  readonly #passEnded = (): void => {
    this.#hasFlushed = false;
  };

  readonly #flushInTurn = (): void => {
    this.#isFlushDue = false;
    if (!this.#isOver) this.flush();
  };

  readonly #ring = (): void => {
    const nowMs = this.#parts.clock.now();
    const overdueMs = nowMs - this.#alarmDueMs;
    this.#alarmDueMs = Number.POSITIVE_INFINITY;
    const links = [...this.#parts.links()];
    for (const link of links) link.tick(nowMs, overdueMs >= lateMsMin ? overdueMs : 0);
    for (const link of links) this.arm(link);
    this.wakeBy(this.#parts.looked(nowMs));
  };
}
