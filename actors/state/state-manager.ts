// The StateManager: knows how the cluster is. It follows the store's log, by one tail for everybody: an
// event drops what is cached of its task, and is told to those who follow its channel. It keeps nothing
// that must survive: one that starts anew follows from the log's end, and its subscribers are told to
// resume with the numbers that they have.
//
// What it answers stands in `state-answers.ts`; here is what it does by itself.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { systemChannel } from "#protocols/tasks/queue-monitor.ts";
import { State, stateName } from "#protocols/tasks/state.ts";
import {
  channelKindOf,
  channelSubject,
  type SystemFigures,
} from "#protocols/tasks/state-notices.ts";
import type { MirrorStatus } from "#protocols/tasks/state-readings.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";
import { ProgressWatch } from "./progress-watch.ts";
import { RedisMirrorActor } from "./redis-mirror-actor.ts";
import { answer, type StateDesks, statisticsOf } from "./state-answers.ts";
import { beginAnew, furnish } from "./state-desks.ts";
import { stateFigures } from "./state-figures.ts";
import type { FoundStore, LogPage, Own, StateManagerArguments } from "./state-messages.ts";
import { known, viewsOf } from "./store-looks.ts";

const sampleEveryMs = 10_000;
const keepEveryMs = 1_000;
const retryMs = 500;
/** Between two looks at the log: right after something happened, and while nothing does. */
const lookMs = { busy: 20, idle: 200 } as const;
const queueWithinMs = 2_000;
/** After so long the log may have forgotten events that were never seen. */
const unseenMsMax = 600_000;

/** Its handlers are made of the protocol, so nothing is said of them here. */
interface StateManagerClass {
  readonly protocol: Protocol<State>;
  initial(args: StateManagerArguments): StateManagerArguments;
  new (): object;
}

export const StateManager: StateManagerClass = class StateManager extends Actor<
  Pick<State, "statistics">,
  StateManagerArguments,
  Own
> {
  static readonly protocol = State;
  static initial = (args: StateManagerArguments): StateManagerArguments => args;
  static {
    declareHandlers(StateManager.prototype, State, (manager, spec, args) =>
      manager.ctx.defer(answer(manager.#desks, spec, args)),
    );
  }

  readonly #desks: StateDesks = furnish({
    wall: () => this.ctx.wall(),
    random: () => this.ctx.random(),
    figures: () => this.#figuresNow(),
    queue: () => this.ctx.lookup(Queue, "queue", { within: queueWithinMs }),
    watch: (ref) => this.ctx.watch(ref),
    unwatch: (ref) => this.ctx.unwatch(ref),
    wrote: () => this.ctx.send("look"),
    began: (channel, line) => {
      const notice = this.#progress.last(channelSubject(channel));
      if (notice?.channel === channel) line.latest(notice);
    },
    wantFlush: () => this.ctx.send("flush"),
    answered: (key) => this.ctx.send("heard", key),
    unanswered: (key) => this.ctx.send("unheard", key),
  });
  readonly #progress = new ProgressWatch();
  #figures: SystemFigures | undefined;
  #mirrorSeen: MirrorStatus = { kind: "off" };
  #isLooking = false;

  override async start(): Promise<void> {
    const { mirror, show } = this.state;
    this.ctx.every(sampleEveryMs, "sample");
    this.ctx.every(keepEveryMs, "keep");
    if (mirror) {
      this.#desks.whole.mirror = this.ctx.spawn(RedisMirrorActor, mirror, { name: "mirror" });
    }
    show?.(() => stateFigures(statisticsOf(this.#desks, this.#mirrorSeen), this.ctx.wall()));
    await this.ctx.register(stateName);
    this.seek();
  }

  override stopped(): void {
    const reason = "the StateManager has ended; look up the next one and resume";
    this.#desks.subscriptions.lapseAll(reason);
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    const { access, subscriptions } = this.#desks;
    if (access.lose(ref)) {
      this.ctx.log(levelOf(exit), "the store has ended; looking for the next");
      this.seek();
      return;
    }
    const subscriber = subscriptions.book.get(ref);
    if (subscriber) subscriptions.ended(subscriber);
  }

  // ---- the store and its log

  seek(): void {
    const found = this.ctx.lookup(Store, "store").then((store) => known(store, this.ctx.wall()));
    this.ctx.pipe(found, "found", "missed");
  }

  found(found: FoundStore): void {
    if (this.#desks.access.isThere) return;
    this.ctx.watch(found.store);
    this.#follow(found);
    this.look();
    this.sample();
  }

  missed({ code, detail }: FailureData): void {
    this.#desks.access.trouble = detail;
    this.ctx.log("info", `the state has no store yet: ${detail}`, { code });
    this.ctx.after({ ms: retryMs, key: "seek" }, "seek");
  }

  look(): void {
    const { access } = this.#desks;
    const { follow } = access;
    if (this.#isLooking || !follow || !access.isThere) return;
    this.#isLooking = true;
    const { epoch, eventId: afterEventId } = follow;
    const begunAt = this.ctx.wall();
    const page = access.open().tailEvents({ afterEventId, limit: storeLimits.storePageMax });
    const told = page.then((tail) => ({ ...tail, begunAt, epoch }));
    this.ctx.pipe(told, "told", "lost");
  }

  told({ events, upTo, isTrimmed, begunAt, epoch }: LogPage): void {
    this.#isLooking = false;
    const { access, cluster, reads, subscriptions } = this.#desks;
    const { follow } = access;
    if (follow?.epoch !== epoch) {
      this.look();
      return;
    }
    if (isTrimmed) beginAnew(this.#desks, "trimmed");
    for (const event of events) {
      reads.noted(event);
      cluster.noted(event);
      this.#progress.noted(event);
      subscriptions.book.event(event);
    }
    follow.eventId = upTo;
    access.trouble = null;
    if (events.length > 0 || isTrimmed) this.flush();
    if (events.length >= storeLimits.storePageMax) {
      this.look();
      return;
    }
    follow.asOf = begunAt;
    this.#lookIn(events.length > 0 ? lookMs.busy : lookMs.idle);
  }

  lost({ code, detail }: FailureData): void {
    this.#isLooking = false;
    const { access } = this.#desks;
    if (access.trouble === null) {
      this.ctx.log("warn", `the store's log cannot be followed: ${detail}`, { code });
    }
    access.trouble = detail;
    this.#lookIn(retryMs);
  }

  // ---- subscribers

  flush(): void {
    this.#desks.subscriptions.flush();
  }

  heard(key: string): void {
    this.#desks.subscriptions.heard(key);
  }

  unheard(key: string): void {
    const gone = this.#desks.subscriptions.unheard(key);
    if (gone) this.ctx.log("warn", `${gone.key} does not answer; its subscriptions are over`);
  }

  // ---- now and then

  sample(): void {
    this.ctx.pipe(this.#desks.cluster.sample(), "sampled", "troubled");
  }

  sampled(figures: SystemFigures): void {
    this.#figures = figures;
    const { book } = this.#desks.subscriptions;
    for (const { line } of book.of(systemChannel)) {
      line.latest({ kind: "figures", channel: systemChannel, figures });
    }
    this.flush();
  }

  troubled({ code, detail }: FailureData): void {
    this.ctx.log("warn", `the state is not kept up just now: ${detail}`, { code });
  }

  /** Forgets what is too old, and asks after what makes no event. */
  keep(): void {
    const { access, reads, whole } = this.#desks;
    reads.cache.expire(this.ctx.wall());
    whole.expire(this.ctx.wall());
    this.ctx.pipe(whole.mirrorStatus(), "mirrorIs");
    if (!access.isThere) return;
    const store = access.open();
    this.ctx.pipe(store.info(), "identified", "unidentified");
    const due = this.#followedTasks();
    if (due.length === 0) return;
    this.ctx.pipe(viewsOf(store, due), "looked", "troubled");
  }

  mirrorIs(status: MirrorStatus): void {
    const { kind } = status;
    if (kind !== this.#mirrorSeen.kind) {
      const text = "reason" in status ? `${kind}: ${status.reason}` : kind;
      this.ctx.log(kind === "away" ? "warn" : "info", `the mirror is ${text}`);
    }
    this.#mirrorSeen = status;
  }

  /** The same store may have lost what it had, as a server does that was restored. */
  identified(info: StoreInfo): void {
    const { access, cluster, reads } = this.#desks;
    if (!access.follow || access.follow.epoch === info.epoch) return;
    const left = access.leave("it has another epoch than before; it is looked for anew");
    if (!left) return;
    this.ctx.log("warn", "the store has another epoch: what was known of it is forgotten");
    this.ctx.unwatch(left);
    reads.clear();
    cluster.clear();
    this.seek();
  }

  unidentified({ code, detail }: FailureData): void {
    this.ctx.log("info", `the store does not say which one it is: ${detail}`, { code });
  }

  looked(tasks: readonly TaskView[]): void {
    const { book } = this.#desks.subscriptions;
    for (const task of tasks) {
      const notice = this.#progress.seen(task, this.ctx.wall());
      if (!notice) continue;
      for (const { line } of book.of(notice.channel)) line.latest(notice);
    }
    this.flush();
  }

  #followedTasks(): readonly string[] {
    const { book } = this.#desks.subscriptions;
    const followed = book.channels.filter((channel) => channelKindOf(channel) === "task");
    this.#progress.follow(followed.map(channelSubject));
    return this.#progress.due(stateLimits.progressWatchedMax);
  }

  #lookIn(ms: number): void {
    this.ctx.after({ ms, key: "look" }, "look");
  }

  /** Goes on where it was, unless that is another store's log, or was too long ago. */
  #follow({ store, info, eventId, at }: FoundStore): void {
    const { access } = this.#desks;
    const { epoch, ackLevels } = info;
    const former = access.follow;
    const isSame = former?.epoch === epoch;
    const isOld = former === undefined || at - former.asOf > unseenMsMax;
    const place = isSame && !isOld ? former : { eventId, asOf: at };
    access.found(store, { ...place, epoch, ack: ackLevels.at(-1) ?? "accepted" });
    if (former && (!isSame || isOld)) beginAnew(this.#desks, isSame ? "trimmed" : "epoch");
    this.flush();
  }

  async #figuresNow(): Promise<SystemFigures> {
    const newest = this.#figures;
    if (newest && this.ctx.wall() - newest.at < 2 * sampleEveryMs) return newest;
    const { figures } = await this.#desks.cluster.figures();
    return figures;
  }
};
