// When links act by themselves: at the end of a turn in which something was sent, and when the
// earliest of their intervals is over. One immediate and one timeout for all links of a node.
import type { Clock } from "#runtime/core/ports.ts";
import type { Link } from "./link.ts";

/** A timer that rings later than this finds a process that did not run. */
const lateMsMin = 200;

export class LinkSchedule {
  readonly #clock: Clock;
  readonly #links: () => Iterable<Link>;
  readonly #unflushed = new Set<Link>();
  #flush: NodeJS.Immediate | undefined;
  #alarm: NodeJS.Timeout | undefined;
  #alarmDueMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(clock: Clock, links: () => Iterable<Link>) {
    this.#clock = clock;
    this.#links = links;
  }

  /** Something was sent: it goes out when pending IO had its turn. */
  flushLater(link: Link): void {
    this.#unflushed.add(link);
    this.#flush ??= setImmediate(() => this.flush());
  }

  flush(): void {
    this.#flush = undefined;
    const nowMs = this.#clock.now();
    for (const link of this.#unflushed) {
      link.flush(nowMs);
      this.arm(link);
    }
    this.#unflushed.clear();
  }

  /** To be called after every event of a link. */
  arm(link: Link): void {
    const nowMs = this.#clock.now();
    const dueMs = link.dueMs(nowMs);
    if (dueMs >= this.#alarmDueMs || this.#isOver) return;
    clearTimeout(this.#alarm);
    this.#alarmDueMs = dueMs;
    this.#alarm = setTimeout(() => this.#ring(), Math.max(0, Math.ceil(dueMs - nowMs)));
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#alarm);
    if (this.#flush) clearImmediate(this.#flush);
  }

  #ring(): void {
    const nowMs = this.#clock.now();
    const overdueMs = nowMs - this.#alarmDueMs;
    this.#alarmDueMs = Number.POSITIVE_INFINITY;
    const links = [...this.#links()];
    for (const link of links) link.tick(nowMs, overdueMs >= lateMsMin ? overdueMs : 0);
    for (const link of links) this.arm(link);
  }
}
