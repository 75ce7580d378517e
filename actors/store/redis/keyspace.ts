// The part of Redis that decisions have asked for, as it was at one commit, with what they have changed
// since. Whoever asks for what is not here is stopped by `notFetched`: the question is noted, fetched
// together with the others, and the decision is made again. So no decision ever rests on a guess about
// what it will read, and hints (`command-hints.ts`) only save round trips.
//
// Deterministic reexecution after a reconnaissance of the read set: Thomson et al., Calvin, 2012.
import { forgetOldest } from "./forget-oldest.ts";
import { KeyspaceChanges } from "./keyspace-changes.ts";
import {
  endsOf,
  entriesOf,
  type HashFields,
  hashOf,
  type KeyspaceQuery,
  numberOf,
  queryId,
  rankedOf,
  type StreamEnds,
  type StreamEntry,
} from "./keyspace-query.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { type Ranked, SortedWindow } from "./sorted-window.ts";
import { UndoLog } from "./undo-log.ts";

/** Thrown through decisions when something has to be fetched first. */
export const notFetched: unique symbol = Symbol("not fetched yet");

export class Keyspace {
  readonly #undo = new UndoLog();
  readonly #hashes = new Map<string, HashFields>();
  readonly #numbers = new Map<string, number | null>();
  readonly #windows = new Map<string, SortedWindow>();
  readonly #streams = new Map<string, StreamEnds>();
  readonly #chunks = new Map<string, Buffer | null>();
  readonly #pages = new Map<string, readonly Ranked[]>();
  readonly #entries = new Map<string, readonly StreamEntry[]>();
  readonly #wanted = new Map<string, KeyspaceQuery>();
  #changes = new KeyspaceChanges(this.#undo);
  /** Bytes put in since they were counted; what was replaced counts twice until then. */
  #bytesTaken = 0;

  get changes(): KeyspaceChanges {
    return this.#changes;
  }

  /** What is remembered, in entries. */
  get size(): number {
    const { size } = this.#hashes;
    return size + this.#numbers.size + this.#windows.size + this.#streams.size;
  }

  /** Whether the hash was fetched, so that asking for it stops nobody. */
  isKnown(key: string): boolean {
    return this.#hashes.has(key);
  }

  // ---- what is missing

  get wanted(): readonly KeyspaceQuery[] {
    return [...this.#wanted.values()];
  }

  want(query: KeyspaceQuery): void {
    const id = queryId(query);
    const former = this.#wanted.get(id);
    if (former?.kind === "window" && query.kind === "window" && former.count > query.count) return;
    this.#wanted.set(id, query);
  }

  /** Wants it only when it is not here: what a command will probably read. */
  expect(query: KeyspaceQuery): void {
    const { key, kind } = query;
    if (kind === "hash" && this.#hashes.has(key)) return;
    if (kind === "stream" && this.#streams.has(key)) return;
    if (kind === "chunk" && this.#chunks.has(key)) return;
    if (kind === "window" && this.#windows.get(key)?.first(query.count) !== undefined) return;
    if ((kind === "count" || kind === "score") && this.#numbers.has(queryId(query))) return;
    this.want(query);
  }

  /** The same of a whole set. */
  expectAll(key: string): void {
    if (!this.#windows.get(key)?.isWhole) this.want(this.#wholeQuery(key));
  }

  /** What was assumed about it is wrong. */
  mustFetch(query: KeyspaceQuery): void {
    this.#hashes.delete(query.key);
    this.want(query);
  }

  absorb(query: KeyspaceQuery, reply: unknown): void {
    const { key } = query;
    this.#wanted.delete(queryId(query));
    switch (query.kind) {
      case "hash":
        this.#hashes.set(key, hashOf(reply));
        this.#bytesTaken += bytesOfFields(this.#hashes.get(key) ?? new Map());
        break;
      case "stream":
        this.#streams.set(key, endsOf(reply));
        break;
      case "chunk":
        this.#chunks.set(key, Buffer.isBuffer(reply) ? reply : null);
        this.#bytesTaken += Buffer.isBuffer(reply) ? reply.byteLength : 0;
        break;
      case "count":
      case "score":
        this.#numbers.set(queryId(query), reply === null ? null : numberOf(reply));
        break;
      case "window": {
        const entries = rankedOf(reply);
        this.#windows.set(key, new SortedWindow(entries, entries.length < query.count));
        break;
      }
      case "page":
        this.#pages.set(queryId(query), rankedOf(reply));
        break;
      case "entries":
        this.#entries.set(queryId(query), entriesOf(reply));
        break;
      default:
        query satisfies never;
    }
  }

  // ---- reads

  hash(key: string): ReadonlyMap<string, Buffer> {
    return this.#hashes.get(key) ?? this.#miss({ kind: "hash", key });
  }

  /** Taken to be empty when it was not fetched; the commit is refused when it is not. */
  hashOrNone(key: string): ReadonlyMap<string, Buffer> {
    const known = this.#hashes.get(key);
    if (known) return known;
    this.assumeAbsent(key);
    return this.hash(key);
  }

  assumeAbsent(key: string): void {
    if (this.#hashes.has(key)) return;
    this.#undo.set(this.#hashes, key, new Map());
    this.#changes.absent(key);
  }

  assumeNoStream(key: string): void {
    if (!this.#streams.has(key)) this.#undo.set(this.#streams, key, { head: 0, first: 1 });
  }

  countOf(key: string, name: string): number {
    const query = { kind: "count", key, name } as const;
    const id = queryId(query);
    return (this.#numbers.has(id) ? this.#numbers.get(id) : this.#miss(query)) ?? 0;
  }

  scoreOf(key: string, name: string): number | undefined {
    const query = { kind: "score", key, name } as const;
    const id = queryId(query);
    return (this.#numbers.has(id) ? this.#numbers.get(id) : this.#miss(query)) ?? undefined;
  }

  first(key: string, count: number): readonly Ranked[] {
    const known = this.#windows.get(key)?.first(count);
    if (known) return known;
    const fetched = count === 1 ? 8 : Math.max(count, redisStoreLimits.windowFetchMin);
    return this.#miss({ kind: "window", key, count: fetched });
  }

  /** All of the set. */
  all(key: string): readonly Ranked[] {
    const window = this.#windows.get(key);
    if (window?.isWhole) return window.first(window.size) ?? [];
    return this.#miss(this.#wholeQuery(key));
  }

  ends(key: string): StreamEnds {
    return this.#streams.get(key) ?? this.#miss({ kind: "stream", key });
  }

  chunk(key: string): Buffer | undefined {
    const known = this.#chunks.get(key);
    return (known === undefined ? this.#miss({ kind: "chunk", key }) : known) ?? undefined;
  }

  page(key: string, after: number, count: number): readonly Ranked[] {
    const query = { kind: "page", key, after, count } as const;
    return this.#pages.get(queryId(query)) ?? this.#miss(query);
  }

  entries(key: string, from: number, count: number): readonly StreamEntry[] {
    const query = { kind: "entries", key, from, count } as const;
    return this.#entries.get(queryId(query)) ?? this.#miss(query);
  }

  // ---- writes

  setField(key: string, name: string, value: Buffer): void {
    const known = this.#hashes.get(key);
    if (known) this.#undo.set(known, name, value);
    this.#bytesTaken += value.byteLength;
    this.#changes.field(key, name, value);
  }

  dropField(key: string, name: string): void {
    const known = this.#hashes.get(key);
    if (known) this.#undo.delete(known, name);
    this.#changes.field(key, name, null);
  }

  /** A hash or a stream with all that is in it. */
  drop(key: string): void {
    if (this.#hashes.has(key)) this.#undo.set(this.#hashes, key, new Map());
    if (this.#streams.has(key)) this.#undo.set(this.#streams, key, { head: 0, first: 1 });
    this.#undo.delete(this.#chunks, key);
    this.#changes.drop(key);
  }

  /** A field that is gone when it comes to 0. */
  countUp(key: string, name: string, by: number): void {
    const id = queryId({ kind: "count", key, name });
    if (this.#numbers.has(id)) {
      const left = (this.#numbers.get(id) ?? 0) + by;
      this.#undo.set(this.#numbers, id, left > 0 ? left : null);
    }
    const known = this.#hashes.get(key);
    if (known) {
      const left = Number(known.get(name) ?? 0) + by;
      if (left > 0) this.#undo.set(known, name, Buffer.from(String(left)));
      else this.#undo.delete(known, name);
    }
    this.#changes.count(key, name, by);
  }

  /** `former`: the score that the member has, if it is there. */
  rank(key: string, { member, score }: Ranked, former?: number): void {
    this.#unrank(key, member, former);
    const window = this.#windows.get(key);
    if (window?.put({ member, score })) this.#undo.note(() => window.remove({ member, score }));
    this.#noteScore(key, member, score);
    this.#changes.score(key, member, score);
  }

  dropRank(key: string, { member, score }: Ranked): void {
    this.#unrank(key, member, score);
    this.#noteScore(key, member, null);
    this.#changes.score(key, member, null);
  }

  append(key: string, number: number, value: Buffer): void {
    const known = this.#streams.get(key);
    if (known) this.#undo.set(this.#streams, key, { ...known, head: number });
    this.#changes.entry(key, number, value);
  }

  /** Of a stream, all entries before the number. */
  trim(key: string, before: number): void {
    const known = this.#streams.get(key);
    if (known) this.#undo.set(this.#streams, key, { ...known, first: before });
    this.#changes.trim(key, before);
  }

  putChunk(key: string, bytes: Buffer): void {
    this.#undo.set(this.#chunks, key, bytes);
    this.#bytesTaken += bytes.byteLength;
    this.#changes.chunk(key, bytes);
  }

  // ---- the life of a batch

  mark(): number {
    return this.#undo.mark();
  }

  undoTo(mark: number): void {
    this.#undo.undoTo(mark);
  }

  /** What was changed is committed. */
  committed(): void {
    this.#undo.forget();
    this.#changes = new KeyspaceChanges(this.#undo);
    this.#wanted.clear();
    this.#pages.clear();
    this.#entries.clear();
    this.#bound();
  }

  /** The cache is as good as its bounds: what came first goes first. */
  #bound(): void {
    const { cacheBytesMax: bytesMax, cacheEntriesMax: entriesMax } = redisStoreLimits;
    for (const window of this.#windows.values()) window.keep(redisStoreLimits.windowEntriesMax);
    if (this.size <= entriesMax && this.#bytesTaken <= bytesMax) return;
    // Much at once, so that it is not done at every commit.
    const half = { entriesMax: entriesMax >> 2, bytesMax: bytesMax >> 1 };
    forgetOldest(this.#hashes, half, bytesOfFields);
    forgetOldest(this.#chunks, half, (chunk) => chunk?.byteLength ?? 0);
    forgetOldest(this.#numbers, half, () => 0);
    forgetOldest(this.#windows, half, () => 0);
    forgetOldest(this.#streams, half, () => 0);
    this.#bytesTaken = 0;
    for (const fields of this.#hashes.values()) this.#bytesTaken += bytesOfFields(fields);
  }

  #wholeQuery(key: string): KeyspaceQuery {
    const size = this.#windows.get(key)?.size ?? 0;
    return { kind: "window", key, count: Math.max(1_024, 2 * size) };
  }

  #noteScore(key: string, name: string, score: number | null): void {
    const id = queryId({ kind: "score", key, name });
    if (this.#numbers.has(id)) this.#undo.set(this.#numbers, id, score);
  }

  #unrank(key: string, member: string, score: number | undefined): void {
    if (score === undefined) return;
    const window = this.#windows.get(key);
    const entry = { member, score };
    if (window?.remove(entry)) this.#undo.note(() => window.put(entry));
  }

  #miss(query: KeyspaceQuery): never {
    this.want(query);
    throw notFetched;
  }
}

const bytesOfFields = (fields: HashFields): number => {
  let bytes = 0;
  for (const value of fields.values()) bytes += value.byteLength;
  return bytes;
};
