// Subscribes, resumes and tells. The splice: a channel's live events are held from the moment at which
// somebody asks for it; the store says which ones are missing up to its head; those are told, then the
// held ones behind the head. Events have dense numbers, so a gap or a double would show.
//
//   open (hold live) ──► read the store to its head ──► tell the missing ──► tell the held ──► live
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type {
  ChannelHead,
  ChannelSnapshot,
  ResumeRequest,
  Resumption,
  Subscribed,
  Subscription,
} from "#protocols/tasks/state.ts";
import type { GapReason, NoticeBatch, StateListener } from "#protocols/tasks/state-notices.ts";
import { ChannelOpenings } from "./channel-openings.ts";
import type { LinePlace, NoticeLine } from "./notice-line.ts";
import type { StoreAccess } from "./store-access.ts";
import { type Subscriber, SubscriptionBook } from "./subscription-book.ts";

export interface SubscriptionPorts {
  readonly access: StoreAccess;
  readonly snapshot: (channel: string) => Promise<ChannelSnapshot>;
  readonly watch: (ref: Ref<StateListener>) => void;
  /** What is only worth its newest value is told to who begins there. */
  readonly began: (channel: string, line: NoticeLine) => void;
  readonly unwatch: (ref: Ref<StateListener>) => void;
  /** Has `flush` called in a turn of its own. */
  readonly wantFlush: () => void;
  /** The message to that subscriber was answered, or not. */
  readonly answered: (key: string) => void;
  readonly unanswered: (key: string) => void;
}

/** Beyond every number that a channel can have. */
const behindAll = Number.MAX_SAFE_INTEGER;

export class Subscriptions {
  readonly book = new SubscriptionBook();
  readonly #openings = new ChannelOpenings();
  readonly #ports: SubscriptionPorts;
  noticesTotal = 0;
  lapsedTotal = 0;

  constructor(ports: SubscriptionPorts) {
    this.#ports = ports;
  }

  async subscribe({ subscriber: ref, channels }: Subscription): Promise<Subscribed> {
    const distinct = [...new Set(channels)];
    let other = this.#openings.underWay(ref, distinct);
    while (other) {
      await other;
      other = this.#openings.underWay(ref, distinct);
    }
    // Nothing may come between the look and the opening.
    return this.#openings.until(ref, distinct, this.#subscribe(ref, distinct));
  }

  async resume(request: ResumeRequest): Promise<Resumption> {
    const { channel, subscriber: ref } = request;
    return this.#openings.until(ref, [channel], this.#reopen(request));
  }

  unsubscribe(ref: Ref<StateListener>, channels: readonly string[] | undefined): void {
    const subscriber = this.book.get(ref);
    if (subscriber && this.book.close(subscriber, channels)) this.#ports.unwatch(subscriber.ref);
  }

  /** It has ended: nobody is told. */
  ended(subscriber: Subscriber): void {
    this.book.close(subscriber);
  }

  /** Sends what waits to everybody whose last message was answered. */
  flush(): void {
    for (const subscriber of this.book.subscribers) this.#tell(subscriber);
  }

  heard(key: string): void {
    const subscriber = this.book.byKey(key);
    if (!subscriber) return;
    subscriber.failures = 0;
    subscriber.line.heard();
    this.#tell(subscriber);
  }

  /** Whether it was the last time: its subscriptions are over. */
  unheard(key: string): Subscriber | undefined {
    const subscriber = this.book.byKey(key);
    if (!subscriber) return undefined;
    subscriber.failures += 1;
    subscriber.line.unheard();
    if (subscriber.failures <= stateLimits.notifyFailuresMax) {
      this.#tell(subscriber);
      return undefined;
    }
    this.#lapse(subscriber, `${subscriber.failures} messages in a row were not answered`);
    return subscriber;
  }

  gapAll(reason: GapReason): void {
    for (const { line } of this.book.subscribers) line.gapAll(reason);
  }

  /** Everybody is to look for the next StateManager. */
  lapseAll(reason: string): void {
    for (const subscriber of this.book.subscribers) this.#lapse(subscriber, reason);
  }

  async #subscribe(ref: Ref<StateListener>, distinct: readonly string[]): Promise<Subscribed> {
    const store = this.#ports.access.open();
    const subscriber = this.#admit(ref, distinct);
    // A channel that it follows already stays as it is, with what waits there.
    const known = distinct.flatMap((channel) => {
      const head = subscriber.line.heardTo(channel);
      return head === undefined ? [] : [{ channel, head }];
    });
    const opened = distinct
      .filter((channel) => subscriber.line.heardTo(channel) === undefined)
      .map((channel) => ({ channel, turn: this.book.open(subscriber, channel) }));
    try {
      const heads = await Promise.all(
        opened.map(async (begun) => ({ ...begun, head: await headOf(store, begun.channel) })),
      );
      const epoch = this.#epoch();
      for (const { channel, turn, head } of heads) {
        this.#begin(subscriber, { channel, turn, told: head, missed: [] });
      }
      const all = [...known, ...heads.map(({ channel, head }) => ({ channel, head }))];
      return {
        epoch,
        heads: distinct.flatMap((name) => all.find((at) => at.channel === name) ?? []),
      };
    } catch (error) {
      for (const { channel, turn } of opened) this.#abandon(subscriber, channel, turn);
      throw error;
    }
  }

  async #reopen(request: ResumeRequest): Promise<Resumption> {
    const { channel, subscriber: ref } = request;
    const store = this.#ports.access.open();
    const subscriber = this.#admit(ref, [channel]);
    const turn = this.book.open(subscriber, channel);
    try {
      return await this.#resume(store, request, { subscriber, turn });
    } catch (error) {
      this.#abandon(subscriber, channel, turn);
      throw error;
    }
  }

  async #resume(
    store: Ref<Store>,
    { channel, epoch, after, limit = stateLimits.resumeEventsDefault }: ResumeRequest,
    place: { readonly subscriber: Subscriber; readonly turn: number },
  ): Promise<Resumption> {
    const { subscriber, turn } = place;
    const isSame = epoch === this.#epoch();
    const page = await store.readEvents({
      channel,
      afterSeq: isSame ? after : behindAll,
      limit: stateLimits.resumeEventsMax,
    });
    const { events, head, isTrimmed } = page;
    const reason = reasonOf({
      isSame,
      isTrimmed,
      isAhead: after > head,
      missing: head - after,
      limit,
    });
    if (reason === undefined) {
      this.#begin(subscriber, { channel, turn, told: after, missed: events });
      return { kind: "recovered", epoch: this.#epoch(), count: events.length, head };
    }
    const snapshot = await this.#ports.snapshot(channel);
    this.#begin(subscriber, { channel, turn, told: head, missed: [] });
    return { kind: "snapshot", reason, epoch: this.#epoch(), head, snapshot };
  }

  #begin(
    { line }: Subscriber,
    place: LinePlace & { readonly channel: string; readonly turn: number },
  ): void {
    line.begin(place.channel, place.turn, place);
    this.#ports.began(place.channel, line);
    this.#ports.wantFlush();
  }

  /** An older question about the channel, whose answer has waited for this one, may begin now. */
  #abandon(subscriber: Subscriber, channel: string, turn: number): void {
    this.book.abandon(subscriber, channel, turn);
    this.#ports.began(channel, subscriber.line);
    this.#ports.wantFlush();
    this.#forgetEmpty(subscriber);
  }

  #admit(ref: Ref<StateListener>, channels: readonly string[]): Subscriber {
    const isNew = this.book.get(ref) === undefined;
    const subscriber = this.book.admit(ref, channels);
    if (isNew) this.#ports.watch(ref);
    return subscriber;
  }

  #forgetEmpty(subscriber: Subscriber): void {
    if (subscriber.line.channels.length > 0 || !this.book.byKey(subscriber.key)) return;
    this.book.close(subscriber);
    this.#ports.unwatch(subscriber.ref);
  }

  #tell(subscriber: Subscriber): void {
    const { access, answered, unanswered } = this.#ports;
    const notices = access.follow && subscriber.line.take();
    if (!notices) return;
    const batch: NoticeBatch = { epoch: this.#epoch(), notices };
    this.noticesTotal += notices.length;
    const told = subscriber.ref.$.with({ within: stateLimits.notifyWithinMs }).notify(batch);
    const { key } = subscriber;
    told.then(
      () => answered(key),
      () => unanswered(key),
    );
  }

  #lapse(subscriber: Subscriber, reason: string): void {
    this.lapsedTotal += 1;
    this.book.close(subscriber);
    this.#ports.unwatch(subscriber.ref);
    subscriber.ref.lapsed(reason);
  }

  #epoch(): string {
    const { follow } = this.#ports.access;
    if (follow) return follow.epoch;
    throw new Failure("unavailable", "the state does not follow the store yet; try again soon");
  }
}

async function headOf(store: Ref<Store>, channel: string): Promise<ChannelHead["head"]> {
  const { head } = await store.readEvents({ channel, afterSeq: behindAll, limit: 1 });
  return head;
}

function reasonOf(seen: {
  readonly isSame: boolean;
  readonly isTrimmed: boolean;
  readonly isAhead: boolean;
  readonly missing: number;
  readonly limit: number;
}): "epoch" | "trimmed" | "limit" | undefined {
  // A number that was never given is of a store that has forgotten something.
  if (!seen.isSame || seen.isAhead) return "epoch";
  if (seen.isTrimmed) return "trimmed";
  return seen.missing > seen.limit ? "limit" : undefined;
}
