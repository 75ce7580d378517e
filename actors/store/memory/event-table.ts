// Events in memory: by channel, and over all channels in the order of commits. A channel's number goes
// on when its events are forgotten.
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { SortedList } from "./sorted-list.ts";

interface Channel {
  head: number;
  readonly events: SortedList<StoreEvent>;
}

export interface TrimTerms {
  readonly beforeMs: number;
  readonly keep: number;
  readonly max: number;
}

export class EventTable {
  readonly #channels = new Map<string, Channel>();
  readonly #all = new SortedList<StoreEvent>((a, b) => a.eventId - b.eventId);
  /** Channels that may have grown beyond what is kept of them. */
  readonly #grown = new Set<string>();
  #lastId = 0;

  head(channel: string): number {
    return this.#channels.get(channel)?.head ?? 0;
  }

  get nextId(): number {
    return this.#lastId + 1;
  }

  firstKept(channel: string): number {
    return this.#channels.get(channel)?.events.first?.seq ?? this.head(channel) + 1;
  }

  events(channel: string, afterSeq: number, max: number): readonly StoreEvent[] {
    const events = this.#channels.get(channel)?.events;
    return events
      ? firstOf(
          events.from(({ seq }) => seq <= afterSeq),
          max,
        )
      : [];
  }

  tail(afterEventId: number, max: number): readonly StoreEvent[] {
    return firstOf(
      this.#all.from(({ eventId }) => eventId <= afterEventId),
      max,
    );
  }

  append(event: StoreEvent): void {
    this.put(event);
    this.#channelOf(event.channel).head = event.seq;
    this.#lastId = event.eventId;
    this.#grown.add(event.channel);
  }

  /** Undoes the newest `append`. */
  retract(event: StoreEvent): void {
    this.drop(event);
    this.#channelOf(event.channel).head = event.seq - 1;
    this.#lastId = event.eventId - 1;
  }

  /** One that was appended before. */
  put(event: StoreEvent): void {
    this.#channelOf(event.channel).events.add(event);
    this.#all.add(event);
    this.#grown.add(event.channel);
  }

  drop(event: StoreEvent): void {
    this.#channelOf(event.channel).events.remove(event);
    this.#all.remove(event);
  }

  /** Forgets the numbers of a channel that has no events and gets none any more. */
  close(channel: string): void {
    if (this.#channels.get(channel)?.events.size === 0) this.#channels.delete(channel);
  }

  /** What may be forgotten, at most so much: too old, or too many in its channel. */
  superfluous({ beforeMs, keep, max }: TrimTerms): readonly StoreEvent[] {
    const found = new Set<StoreEvent>();
    for (const event of this.#all.from(() => false)) {
      if (event.at >= beforeMs || found.size >= max) break;
      found.add(event);
    }
    for (const channel of this.#grown) {
      const events = this.#channels.get(channel)?.events;
      const excess = Math.max(0, (events?.size ?? 0) - keep);
      const room = max - found.size;
      for (const event of events?.take(Math.min(excess, room)) ?? []) found.add(event);
      if (excess > room) break;
      this.#grown.delete(channel);
    }
    return [...found];
  }

  #channelOf(name: string): Channel {
    const known = this.#channels.get(name);
    if (known) return known;
    const channel = { head: 0, events: new SortedList<StoreEvent>((a, b) => a.seq - b.seq) };
    this.#channels.set(name, channel);
    return channel;
  }
}

function firstOf<T>(items: Iterable<T>, max: number): readonly T[] {
  const found: T[] = [];
  for (const item of items) {
    if (found.length >= max) break;
    found.push(item);
  }
  return found;
}
