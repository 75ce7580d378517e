// The part of Redis that decisions have asked for, as it was at one commit, with what they have changed
// since. Whoever asks for what is not here is stopped by `notFetched`: the question is noted, fetched
// together with the others, and the decision is made again. So no decision ever rests on a guess about
// what it will read, and hints (`command-hints.ts`) only save round trips.
//
// Deterministic reexecution after a reconnaissance of the read set: Thomson et al., Calvin, 2012.
import { changedMembers } from "./changed-members.ts";
import { KeyspaceChanges } from "./keyspace-changes.ts";
import {
  type KeyspaceQuery,
  type MembersAsked,
  queryId,
  type StreamEnds,
  type StreamEntry,
} from "./keyspace-query.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { RememberedKeys } from "./remembered-keys.ts";
import type { Ranked } from "./sorted-window.ts";
import { UndoLog } from "./undo-log.ts";

/** Thrown through decisions when something has to be fetched first. */
export const notFetched: unique symbol = Symbol("not fetched yet");

export class Keyspace {
  readonly #undo = new UndoLog();
  readonly #known = new RememberedKeys();
  readonly #wanted = new Map<string, KeyspaceQuery>();
  #changes = new KeyspaceChanges(this.#undo);
  #guesses: string[] = [];

  get changes(): KeyspaceChanges {
    return this.#changes;
  }

  /** What is remembered, in entries. */
  get size(): number {
    return this.#known.size;
  }

  /** Whether the hash was fetched, so that asking for it stops nobody. */
  isKnown(key: string): boolean {
    return this.#known.hashes.has(key);
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
    if (!this.#known.has(query)) this.want(query);
  }

  /** The same of a whole set. */
  expectAll(key: string): void {
    if (!this.#known.windows.get(key)?.isWhole) this.want(this.#wholeQuery(key));
  }

  /** What was assumed about it is wrong. */
  mustFetch(query: KeyspaceQuery): void {
    this.#known.hashes.delete(query.key);
    this.want(query);
  }

  absorb(query: KeyspaceQuery, reply: unknown): void {
    this.#wanted.delete(queryId(query));
    this.#known.absorb(query, reply);
  }

  // ---- reads

  hash(key: string): ReadonlyMap<string, Buffer> {
    return this.#known.hashes.get(key) ?? this.#miss({ kind: "hash", key });
  }

  /**
   * Taken to be empty when it was not fetched; the commit is refused when it is not. Where none follows,
   * `takeGuesses` tells what is to be fetched after all.
   */
  hashOrNone(key: string): ReadonlyMap<string, Buffer> {
    const known = this.#known.hashes.get(key);
    if (known) return known;
    this.assumeAbsent(key);
    this.#guesses.push(key);
    return this.hash(key);
  }

  /** Keys that were taken to be empty since this was last asked. */
  takeGuesses(): readonly string[] {
    const guesses = this.#guesses;
    this.#guesses = [];
    return guesses;
  }

  assumeAbsent(key: string): void {
    if (this.#known.hashes.has(key)) return;
    this.#undo.set(this.#known.hashes, key, new Map());
    this.#changes.absent(key);
  }

  assumeNoStream(key: string): void {
    if (!this.#known.streams.has(key))
      this.#undo.set(this.#known.streams, key, { head: 0, first: 1 });
  }

  countOf(key: string, name: string): number {
    const query = { kind: "count", key, name } as const;
    const id = queryId(query);
    return (this.#known.numbers.has(id) ? this.#known.numbers.get(id) : this.#miss(query)) ?? 0;
  }

  scoreOf(key: string, name: string): number | undefined {
    const query = { kind: "score", key, name } as const;
    const id = queryId(query);
    return (
      (this.#known.numbers.has(id) ? this.#known.numbers.get(id) : this.#miss(query)) ?? undefined
    );
  }

  first(key: string, count: number): readonly Ranked[] {
    const known = this.#known.windows.get(key)?.first(count);
    if (known) return known;
    // What the batch took from it comes back with the fetch, and is taken again.
    const changed = this.#changes.scoresOf(key).size;
    const least = count === 1 && changed === 0 ? 8 : redisStoreLimits.windowFetchMin;
    return this.#miss({ kind: "window", key, count: Math.max(count, least) + 2 * changed });
  }

  /** All of the set. */
  all(key: string): readonly Ranked[] {
    const window = this.#known.windows.get(key);
    if (window?.isWhole) return window.first(window.size) ?? [];
    return this.#miss(this.#wholeQuery(key));
  }

  ends(key: string): StreamEnds {
    return this.#known.streams.get(key) ?? this.#miss({ kind: "stream", key });
  }

  chunk(key: string): Buffer | undefined {
    const known = this.#known.chunks.get(key);
    return (known === undefined ? this.#miss({ kind: "chunk", key }) : known) ?? undefined;
  }

  page(key: string, after: number, count: number): readonly Ranked[] {
    const query = { kind: "page", key, after, count } as const;
    return this.#known.pages.get(queryId(query)) ?? this.#miss(query);
  }

  entries(key: string, from: number, count: number): readonly StreamEntry[] {
    const query = { kind: "entries", key, from, count } as const;
    return this.#known.entries.get(queryId(query)) ?? this.#miss(query);
  }

  /** Of a sorted set of equal scores, with what the batch has changed there. */
  members(
    key: string,
    { limit, ...asked }: MembersAsked & { readonly limit: number },
  ): readonly string[] {
    const changed = this.#changes.scoresOf(key);
    const query = { kind: "members", key, count: limit + changed.size, ...asked } as const;
    const fetched = this.#known.members.get(queryId(query)) ?? this.#miss(query);
    return changedMembers({
      ...asked,
      fetched,
      changed,
      isWhole: fetched.length < query.count,
    }).slice(0, limit);
  }

  // ---- writes

  setField(key: string, name: string, value: Buffer): void {
    const known = this.#known.hashes.get(key);
    if (known) this.#undo.set(known, name, value);
    this.#known.tookBytes(value.byteLength);
    this.#changes.field(key, name, value);
  }

  dropField(key: string, name: string): void {
    const known = this.#known.hashes.get(key);
    if (known) this.#undo.delete(known, name);
    this.#changes.field(key, name, null);
  }

  /** A hash or a stream with all that is in it. */
  drop(key: string): void {
    if (this.#known.hashes.has(key)) this.#undo.set(this.#known.hashes, key, new Map());
    if (this.#known.streams.has(key))
      this.#undo.set(this.#known.streams, key, { head: 0, first: 1 });
    this.#undo.delete(this.#known.chunks, key);
    this.#changes.drop(key);
  }

  /** A field that is gone when it comes to 0. */
  countUp(key: string, name: string, by: number): void {
    const id = queryId({ kind: "count", key, name });
    if (this.#known.numbers.has(id)) {
      const left = (this.#known.numbers.get(id) ?? 0) + by;
      this.#undo.set(this.#known.numbers, id, left > 0 ? left : null);
    }
    const known = this.#known.hashes.get(key);
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
    const window = this.#known.windows.get(key);
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
    const known = this.#known.streams.get(key);
    if (known) this.#undo.set(this.#known.streams, key, { ...known, head: number });
    this.#changes.entry(key, number, value);
  }

  /** Of a stream, all entries before the number. */
  trim(key: string, before: number): void {
    const known = this.#known.streams.get(key);
    if (known) this.#undo.set(this.#known.streams, key, { ...known, first: before });
    this.#changes.trim(key, before);
  }

  putChunk(key: string, bytes: Buffer): void {
    this.#undo.set(this.#known.chunks, key, bytes);
    this.#known.tookBytes(bytes.byteLength);
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
    this.#known.bound();
  }

  #wholeQuery(key: string): KeyspaceQuery {
    const size = this.#known.windows.get(key)?.size ?? 0;
    return { kind: "window", key, count: Math.max(1_024, 2 * size) };
  }

  #noteScore(key: string, name: string, score: number | null): void {
    const id = queryId({ kind: "score", key, name });
    if (this.#known.numbers.has(id)) this.#undo.set(this.#known.numbers, id, score);
  }

  #unrank(key: string, member: string, score: number | undefined): void {
    if (score === undefined) return;
    const window = this.#known.windows.get(key);
    const entry = { member, score };
    if (window?.remove(entry)) this.#undo.note(() => window.put(entry));
  }

  #miss(query: KeyspaceQuery): never {
    this.want(query);
    throw notFetched;
  }
}
