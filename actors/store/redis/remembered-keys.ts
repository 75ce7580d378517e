// What is remembered of Redis, by the kind of question that brought it, within bounds: what came first
// goes first, and is fetched again by whoever needs it.
import { forgetOldest } from "./forget-oldest.ts";
import {
  endsOf,
  entriesOf,
  type HashFields,
  hashOf,
  type KeyspaceQuery,
  numberOf,
  partsOf,
  queryId,
  rankedOf,
  type StreamEnds,
  type StreamEntry,
  textOf,
} from "./keyspace-query.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { type Ranked, SortedWindow } from "./sorted-window.ts";

export class RememberedKeys {
  readonly hashes = new Map<string, HashFields>();
  /** By query; null: there is none. */
  readonly numbers = new Map<string, number | null>();
  readonly windows = new Map<string, SortedWindow>();
  readonly streams = new Map<string, StreamEnds>();
  readonly chunks = new Map<string, Buffer | null>();
  /** By query, and for one batch only: what is written does not change them. */
  readonly pages = new Map<string, readonly Ranked[]>();
  readonly entries = new Map<string, readonly StreamEntry[]>();
  readonly members = new Map<string, readonly string[]>();
  /** Bytes put in since they were counted; what was replaced counts twice until then. */
  #bytesTaken = 0;

  /** In entries. */
  get size(): number {
    return this.hashes.size + this.numbers.size + this.windows.size + this.streams.size;
  }

  has(query: KeyspaceQuery): boolean {
    const { key } = query;
    switch (query.kind) {
      case "hash":
        return this.hashes.has(key);
      case "stream":
        return this.streams.has(key);
      case "chunk":
        return this.chunks.has(key);
      case "count":
      case "score":
        return this.numbers.has(queryId(query));
      case "window":
        return this.windows.get(key)?.first(query.count) !== undefined;
      case "page":
        return this.pages.has(queryId(query));
      case "members":
        return this.members.has(queryId(query));
      case "entries":
        return this.entries.has(queryId(query));
      default:
        return query satisfies never;
    }
  }

  absorb(query: KeyspaceQuery, reply: unknown): void {
    const { key } = query;
    switch (query.kind) {
      case "hash": {
        const fields = hashOf(reply);
        this.hashes.set(key, fields);
        this.tookBytes(bytesOfFields(fields));
        break;
      }
      case "stream":
        this.streams.set(key, endsOf(reply));
        break;
      case "chunk":
        this.chunks.set(key, Buffer.isBuffer(reply) ? reply : null);
        this.tookBytes(Buffer.isBuffer(reply) ? reply.byteLength : 0);
        break;
      case "count":
      case "score":
        this.numbers.set(queryId(query), reply === null ? null : numberOf(reply));
        break;
      case "window": {
        const entries = rankedOf(reply);
        this.windows.set(key, new SortedWindow(entries, entries.length < query.count));
        break;
      }
      case "page":
        this.pages.set(queryId(query), rankedOf(reply));
        break;
      case "members":
        this.members.set(queryId(query), partsOf(reply).map(textOf));
        break;
      case "entries":
        this.entries.set(queryId(query), entriesOf(reply));
        break;
      default:
        query satisfies never;
    }
  }

  tookBytes(bytes: number): void {
    this.#bytesTaken += bytes;
  }

  /** After a batch. */
  bound(): void {
    this.pages.clear();
    this.entries.clear();
    this.members.clear();
    const { cacheBytesMax, cacheEntriesMax, windowEntriesMax } = redisStoreLimits;
    for (const window of this.windows.values()) window.keep(windowEntriesMax);
    if (this.size <= cacheEntriesMax && this.#bytesTaken <= cacheBytesMax) return;
    // Much at once, so that it is not done at every commit.
    const half = { entriesMax: cacheEntriesMax >> 2, bytesMax: cacheBytesMax >> 1 };
    forgetOldest(this.hashes, half, bytesOfFields);
    forgetOldest(this.chunks, half, (chunk) => chunk?.byteLength ?? 0);
    forgetOldest(this.numbers, half, () => 0);
    forgetOldest(this.windows, half, () => 0);
    forgetOldest(this.streams, half, () => 0);
    this.#bytesTaken = 0;
    for (const fields of this.hashes.values()) this.#bytesTaken += bytesOfFields(fields);
  }
}

const bytesOfFields = (fields: HashFields): number => {
  let bytes = 0;
  for (const value of fields.values()) bytes += value.byteLength;
  return bytes;
};
