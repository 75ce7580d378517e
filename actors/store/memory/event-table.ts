// Events in memory: by channel, and over all channels in the order of commits. A channel's number goes
// on when its events are forgotten.
import type { NewEvent, StoreEvent } from "#protocols/tasks/task-events.ts";
import { SortedList } from "../sorted-list.ts";
import { ChannelLog } from "./channel-log.ts";

export interface TrimTerms {
  readonly beforeMs: number;
  readonly keep: number;
  readonly max: number;
}

export class EventTable {
  readonly #channels = new Map<string, ChannelLog>();
  readonly #all = new SortedList<StoreEvent>((a, b) => a.eventId - b.eventId);
  /** Channels that may have grown beyond what is kept of them. */
  readonly #grown = new Set<string>();
  #lastId = 0;

  head(channel: string): number {
    return this.#channels.get(channel)?.head ?? 0;
  }

  firstKept(channel: string): number {
    return this.#channels.get(channel)?.firstKept ?? 1;
  }

  events(channel: string, afterSeq: number, max: number): readonly StoreEvent[] {
    return this.#channels.get(channel)?.after(afterSeq, max) ?? [];
  }

  tail(afterEventId: number, max: number): readonly StoreEvent[] {
    const found: StoreEvent[] = [];
    for (const event of this.#all.from(({ eventId }) => eventId <= afterEventId)) {
      if (found.length >= max) break;
      found.push(event);
    }
    return found;
  }

  get lastId(): number {
    return this.#lastId;
  }

  append({ channel, type, taskId, payload }: NewEvent, nowMs: number): StoreEvent {
    const seq = this.head(channel) + 1;
    this.#lastId += 1;
    const event = { eventId: this.#lastId, channel, seq, type, taskId, payload, at: nowMs };
    this.#channelOf(event).append(event);
    this.#all.add(event);
    this.#grown.add(channel);
    return event;
  }

  /** Undoes the newest `append`. */
  retract(event: StoreEvent): void {
    this.#channelOf(event).retract();
    this.#all.remove(event);
    this.#lastId = event.eventId - 1;
  }

  /** Forgets the oldest of its channel. */
  forget(event: StoreEvent): void {
    this.#channelOf(event).dropOldest();
    this.#all.remove(event);
  }

  /** Undoes the newest `forget`. */
  remember(event: StoreEvent): void {
    this.#channelOf(event).putOldest(event);
    this.#all.add(event);
    this.#grown.add(event.channel);
  }

  /** Forgets the numbers of a channel that has no events and gets none any more. */
  close(channel: string): void {
    if (this.#channels.get(channel)?.size === 0) this.#channels.delete(channel);
  }

  /** What may be forgotten, at most so much: too old, or too many in its channel. Oldest first. */
  superfluous({ beforeMs, keep, max }: TrimTerms): readonly StoreEvent[] {
    const found = new Set<StoreEvent>();
    for (const event of this.#all.from(() => false)) {
      if (event.at >= beforeMs || found.size >= max) break;
      found.add(event);
    }
    for (const channel of this.#grown) {
      const log = this.#channels.get(channel);
      const excess = Math.max(0, (log?.size ?? 0) - keep);
      const room = max - found.size;
      for (const event of log?.after(0, Math.min(excess, room)) ?? []) found.add(event);
      if (excess > room) break;
      this.#grown.delete(channel);
    }
    return [...found];
  }

  #channelOf({ channel }: StoreEvent): ChannelLog {
    const known = this.#channels.get(channel);
    if (known) return known;
    const log = new ChannelLog();
    this.#channels.set(channel, log);
    return log;
  }
}
