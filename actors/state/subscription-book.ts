// Who follows which channels. Pure, but for the references that it keeps.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { StateListener } from "#protocols/tasks/state-notices.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { NoticeLine } from "./notice-line.ts";

export interface Subscriber {
  readonly key: string;
  readonly ref: Ref<StateListener>;
  readonly line: NoticeLine;
  /** Messages in a row that it has not answered. */
  failures: number;
}

const lineTerms = {
  waitingMax: stateLimits.noticesWaitingMax,
  eachMax: stateLimits.noticesEachMax,
} as const;

export class SubscriptionBook {
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #byChannel = new Map<string, Set<Subscriber>>();
  #formerGaps = 0;

  get subscribers(): readonly Subscriber[] {
    return [...this.#subscribers.values()];
  }

  get size(): number {
    return this.#subscribers.size;
  }

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()];
  }

  get channelCount(): number {
    return this.#byChannel.size;
  }

  get gapsTotal(): number {
    return this.subscribers.reduce((sum, { line }) => sum + line.gapsTotal, this.#formerGaps);
  }

  get(ref: AnyRef): Subscriber | undefined {
    return this.#subscribers.get(addressKey(ref.$.address));
  }

  byKey(key: string): Subscriber | undefined {
    return this.#subscribers.get(key);
  }

  /** New when it is not known. Fails with `mailbox_full` when there are too many, or too many channels. */
  admit(ref: Ref<StateListener>, channels: readonly string[]): Subscriber {
    const known = this.get(ref);
    const { subscribersMax, channelsEachMax } = stateLimits;
    if (!known && this.#subscribers.size >= subscribersMax) {
      const text = `${subscribersMax} subscribers follow the state already, which is the maximum; subscribe through one of them`;
      throw new Failure("mailbox_full", text);
    }
    const added = new Set(channels.filter((channel) => !known?.line.has(channel)));
    const present = known?.line.channels.length ?? 0;
    if (present + added.size > channelsEachMax) {
      const text = `a subscriber has at most ${channelsEachMax} channels, and this one would have ${present + added.size}; give some up`;
      throw new Failure("mailbox_full", text);
    }
    if (known) return known;
    const key = addressKey(ref.$.address);
    const subscriber = { key, ref, line: new NoticeLine(lineTerms), failures: 0 };
    this.#subscribers.set(key, subscriber);
    return subscriber;
  }

  /** The turn by which the channel begins. */
  open(subscriber: Subscriber, channel: string): number {
    const others = this.#byChannel.get(channel);
    if (others) others.add(subscriber);
    else this.#byChannel.set(channel, new Set([subscriber]));
    return subscriber.line.open(channel);
  }

  /** Without channels: all of them. Whether the subscriber has none any more, and is forgotten. */
  close(subscriber: Subscriber, channels: readonly string[] = subscriber.line.channels): boolean {
    for (const channel of channels) {
      subscriber.line.close(channel);
      this.#leave(subscriber, channel);
    }
    if (subscriber.line.channels.length > 0) return false;
    this.#formerGaps += subscriber.line.gapsTotal;
    this.#subscribers.delete(subscriber.key);
    return true;
  }

  abandon(subscriber: Subscriber, channel: string, turn: number): void {
    subscriber.line.abandon(channel, turn);
    if (!subscriber.line.has(channel)) this.#leave(subscriber, channel);
  }

  follows(channel: string): boolean {
    return this.#byChannel.has(channel);
  }

  of(channel: string): Iterable<Subscriber> {
    return this.#byChannel.get(channel) ?? [];
  }

  event(event: StoreEvent): void {
    for (const { line } of this.of(event.channel)) line.event(event);
  }

  #leave(subscriber: Subscriber, channel: string): void {
    const others = this.#byChannel.get(channel);
    others?.delete(subscriber);
    if (others?.size === 0) this.#byChannel.delete(channel);
  }
}
