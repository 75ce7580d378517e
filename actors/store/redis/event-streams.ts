// Events in Redis: one stream has them all, in the order of commits; each channel has a stream of its
// own, whose numbers point into the first. A stream knows its newest number when all else is trimmed.
//
//   evall         … 41-0 {channel a, seq 7}   42-0 {channel b, seq 3}   43-0 {channel a, seq 8}
//   ev:a          … 7-0 -> 41                 8-0 -> 43
import type { NewEvent, StoreEvent } from "#protocols/tasks/task-events.ts";
import type { StreamEntry } from "./keyspace-query.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { corrupt, seal, unseal } from "./sealed-record.ts";
import type { ShelfParts } from "./shelf-parts.ts";

/** Shorter channels are not looked at when events are forgotten for their number. */
const longFrom = 9;
/** Channels that are shortened in one go. */
const longTogetherMax = 16;

export interface TrimTerms {
  readonly beforeMs: number;
  readonly keep: number;
  readonly max: number;
}

export class EventStreams {
  readonly #parts: ShelfParts;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  head(channel: string): number {
    return this.#parts.keyspace.ends(this.#parts.keys.channel(channel)).head;
  }

  firstKept(channel: string): number {
    return this.#parts.keyspace.ends(this.#parts.keys.channel(channel)).first;
  }

  append(event: NewEvent, eventId: number, nowMs: number): StoreEvent {
    const { codecs, keys, keyspace } = this.#parts;
    const key = keys.channel(event.channel);
    const { head, first } = keyspace.ends(key);
    const seq = head + 1;
    const { channel, type, taskId, payload } = event;
    const stored = { eventId, channel, seq, type, taskId, payload, at: nowMs };
    keyspace.append(keys.allEvents, eventId, codecs.event.seal(stored, `event ${eventId}`));
    keyspace.append(key, seq, seal(Buffer.from(String(eventId)), `${channel} ${seq}`));
    this.#noteLength(channel, seq - first, seq - first + 1);
    return stored;
  }

  tail(afterEventId: number, max: number): readonly StoreEvent[] {
    const { keys, keyspace } = this.#parts;
    const entries = keyspace.entries(keys.allEvents, afterEventId + 1, max);
    return entries.map((entry) => this.#eventOf(entry));
  }

  events(channel: string, afterSeq: number, max: number): readonly StoreEvent[] {
    const { keys, keyspace } = this.#parts;
    const pointers = keyspace.entries(keys.channel(channel), afterSeq + 1, max);
    const ids = pointers.map((entry) => this.#pointerOf(channel, entry));
    for (const from of ids) {
      keyspace.expect({ kind: "entries", key: keys.allEvents, from, count: 1 });
    }
    return ids.map((id) => {
      const [entry] = keyspace.entries(keys.allEvents, id, 1);
      if (entry?.number === id) return this.#eventOf(entry);
      throw corrupt(`event ${id} of ${channel}`, "it is missing");
    });
  }

  /** Forgets events for their age, then the oldest of channels that keep too many. */
  trim({ beforeMs, keep, max }: TrimTerms): number {
    const aged = this.#trimOld(beforeMs, max);
    return aged + this.#trimLong(keep, max - aged);
  }

  anticipateLong(): void {
    const { keys, keyspace } = this.#parts;
    const count = redisStoreLimits.windowFetchMin;
    keyspace.expect({ kind: "window", key: keys.longChannels, count });
  }

  #trimOld(beforeMs: number, max: number): number {
    const { keys, keyspace } = this.#parts;
    const [oldest] = keyspace.entries(keys.allEvents, 0, 1);
    if (!oldest || this.#eventOf(oldest).at >= beforeMs) return 0;
    const first = keyspace.entries(keys.allEvents, 0, max).map((entry) => this.#eventOf(entry));
    const young = first.findIndex(({ at }) => at >= beforeMs);
    const aged = young === -1 ? first : first.slice(0, young);
    const newest = new Map(aged.map(({ channel, seq }) => [channel, seq]));
    for (const channel of newest.keys()) {
      keyspace.expect({ kind: "stream", key: keys.channel(channel) });
    }
    for (const [channel, seq] of newest) this.#trimTo(channel, seq + 1);
    keyspace.trim(keys.allEvents, (aged.at(-1)?.eventId ?? 0) + 1);
    return aged.length;
  }

  #trimLong(keep: number, max: number): number {
    const { keys, keyspace } = this.#parts;
    let count = 0;
    for (const { member: channel, score } of keyspace.first(keys.longChannels, longTogetherMax)) {
      const excess = Math.min(-score - keep, max - count);
      if (excess <= 0) break;
      const pointers = keyspace.entries(keys.channel(channel), 0, excess);
      for (const entry of pointers) {
        keyspace.changes.dropEntry(keys.allEvents, this.#pointerOf(channel, entry));
      }
      this.#trimTo(channel, (pointers.at(-1)?.number ?? 0) + 1);
      count += pointers.length;
    }
    return count;
  }

  #trimTo(channel: string, before: number): void {
    const { keys, keyspace } = this.#parts;
    const key = keys.channel(channel);
    const { head, first } = keyspace.ends(key);
    if (before <= first) return;
    keyspace.trim(key, before);
    this.#noteLength(channel, head - first + 1, head - before + 1);
  }

  #noteLength(channel: string, former: number, length: number): void {
    const { keys, keyspace } = this.#parts;
    const wasLong = former >= longFrom;
    if (length >= longFrom) {
      const entry = { member: channel, score: -length };
      keyspace.rank(keys.longChannels, entry, wasLong ? -former : undefined);
    } else if (wasLong) {
      keyspace.dropRank(keys.longChannels, { member: channel, score: -former });
    }
  }

  #eventOf({ number, value }: StreamEntry): StoreEvent {
    return this.#parts.codecs.event.open(value, `event ${number}`);
  }

  #pointerOf(channel: string, { number, value }: StreamEntry): number {
    return Number(unseal(value, `${channel} ${number}`).toString());
  }
}
