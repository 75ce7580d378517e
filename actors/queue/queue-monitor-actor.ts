// Watches how full the queues are: raises alerts and ends them, tells the channel `system`, and writes
// the history of each queue. What ended while the store was away is in the first point that it takes
// again; how many waited then is not known. Alerts are told again until the store has them.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { MetricPoint } from "#protocols/tasks/metric-records.ts";
import type { UnrunnableKind } from "#protocols/tasks/queue.ts";
import { QueueMonitor } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import { Actor } from "#runtime/core/actor.ts";
import { Retelling } from "#runtime/patterns/retelling.ts";
import { tellAlert } from "#runtime/tasks/alert-telling.ts";
import { ClockAlarm } from "./clock-alarm.ts";
import { keptTotals } from "./kept-totals.ts";
import { type AlarmChange, QueueAlarms } from "./queue-alarms.ts";
import { putRules } from "./queue-alert-rules.ts";
import { portionsOf, QueueHistory, type QueuePoints, type QueueTotals } from "./queue-history.ts";
import { UnrunnableAlarms } from "./unrunnable-alarms.ts";

interface Own {
  found(store: Ref<Store>): void;
  missed(failure: FailureData): void;
  seek(): void;
  storeIs(info: StoreInfo): void;
  storeIsAway(): void;
  historyStands(stands: readonly QueueStand[]): void;
  historyIsUnread(): void;
}

/** Where the history of a queue stands. */
interface QueueStand {
  readonly queue: string;
  readonly totals: QueueTotals;
}

const retryMs = 5_000;
export class QueueMonitorActor
  extends Actor<QueueMonitor, undefined, Own>
  implements Handlers<QueueMonitor & Own>
{
  static readonly protocol = QueueMonitor;

  readonly #alarms = new QueueAlarms();
  readonly #unrunnable = new UnrunnableAlarms();
  readonly #clock = new ClockAlarm();
  readonly #history = new QueueHistory();
  /** One a rule of a queue, and the clock's; what the store does not take is told again with the next look. */
  readonly #untold = new Retelling<AlarmChange>(3 * storeLimits.queuesMax + 1);
  #store: Ref<Store> | undefined;
  #isReadingHistory = false;

  override start(): void {
    this.seek();
  }

  seek(): void {
    this.ctx.pipe(this.#found(), "found", "missed");
  }

  found(store: Ref<Store>): void {
    this.#store = store;
  }

  missed({ code, detail }: FailureData): void {
    this.ctx.log("info", `the queues are not watched yet: ${detail}`, { code });
    this.ctx.after(retryMs, "seek");
  }

  observe(queues: readonly QueueView[]): void {
    if (this.#store === undefined) return;
    this.ctx.pipe(this.#store.info(), "storeIs", "storeIsAway");
    const changes = this.#alarms.seen(queues, this.ctx.now());
    for (const change of [...this.#untold.due(), ...changes]) this.#tell(this.#store, change);
    this.#readHistory(this.#store, queues);
    const points = this.#history.seen(queues, Math.floor(this.ctx.wall()));
    for (const some of portionsOf(points, storeLimits.metricPointsMax)) {
      this.#writeHistory(this.#store, some);
    }
  }

  historyStands(stands: readonly QueueStand[]): void {
    this.#isReadingHistory = false;
    for (const { queue, totals } of stands) this.#history.standsAt(queue, totals);
  }

  /** The next look asks again. */
  historyIsUnread(): void {
    this.#isReadingHistory = false;
  }

  record(points: readonly MetricPoint[]): void {
    if (this.#store === undefined) return;
    for (let from = 0; from < points.length; from += storeLimits.metricPointsMax) {
      const some = points.slice(from, from + storeLimits.metricPointsMax);
      this.#keep(this.#store.recordMetrics(some), "points of the queues' history");
    }
  }

  observeUnrunnable(kinds: readonly UnrunnableKind[]): void {
    if (this.#store === undefined) return;
    for (const change of this.#unrunnable.seen(kinds)) this.#tell(this.#store, change);
  }

  storeIs({ timeSkewMs }: StoreInfo): void {
    if (this.#store === undefined) return;
    for (const change of this.#clock.seen(timeSkewMs)) this.#tell(this.#store, change);
  }

  /** The next look asks again. */
  storeIsAway(): void {}

  async #found(): Promise<Ref<Store>> {
    const store = await this.ctx.lookup(Store, "store");
    const open = await store.openAlerts(openSeenMax);
    await putRules(store);
    this.#alarms.wereOpen(open, this.ctx.now());
    this.#unrunnable.wereOpen(open);
    this.#clock.wereOpen(open);
    return store;
  }

  /** Of queues of which it is not known where their history stands. */
  #readHistory(store: Ref<Store>, queues: readonly QueueView[]): void {
    const unread = this.#history.unread(queues);
    if (this.#isReadingHistory || unread.length === 0) return;
    this.#isReadingHistory = true;
    const stands = standsOf(store, unread, Math.floor(this.ctx.wall()));
    this.ctx.pipe(stands, "historyStands", "historyIsUnread");
  }

  /** What the store did not take, or perhaps did, is read from it before more is written. */
  #writeHistory(store: Ref<Store>, all: readonly QueuePoints[]): void {
    const lost = (): void => {
      for (const { queue } of all) this.#history.lost(queue);
    };
    const written = store.recordMetrics(all.flatMap(({ points }) => points));
    written.then(({ dropped }) => dropped > 0 && lost(), lost);
    this.#keep(written, "points of the queues' history");
  }

  #tell(store: Ref<Store>, change: AlarmChange): void {
    const { queue, ...news } = change;
    const place = { store, ctx: this.ctx, subjectIs: "queue" as const };
    const taken = tellAlert(place, { ...news, subject: queue });
    const about = `${change.ruleId} ${queue}`;
    this.#untold.telling(about, change);
    taken.then(
      () => this.#untold.taken(about, change),
      () => this.#untold.lost(about, change),
    );
    this.#keep(taken, `an alert (${change.text}), which is told again,`);
  }

  #keep(written: Promise<unknown>, what: string): void {
    const { ctx } = this;
    written.catch((error: unknown) => {
      const { code, detail } = Failure.of(error);
      ctx.log("warn", `${what} was lost: ${detail}`, { code });
    });
  }
}

/** Of a few queues at a time, as there may be many. */
async function standsOf(
  store: Ref<Store>,
  queues: readonly QueueView[],
  nowMs: number,
): Promise<readonly QueueStand[]> {
  const some = queues.slice(0, queuesReadTogether);
  return Promise.all(
    some.map(async (view) => {
      const { queue } = view;
      return { queue, totals: (await keptTotals(store, queue, nowMs)) ?? view };
    }),
  );
}

/** The others follow with the next look. */
const queuesReadTogether = 32;
/** Alerts that are read when it begins. */
const openSeenMax = 1_000;
