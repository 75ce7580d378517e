// What a batch is to change in Redis, gathered until it is applied: only the last word about each
// field and member counts. Commands that free memory come first, which `applyScript` relies on.
import type { UndoLog } from "./undo-log.ts";

export type Word = string | Buffer;
export type Command = readonly Word[];

/** Words of one command at most: Lua unpacks them onto a bounded stack. */
const wordsMax = 1_000;

export class KeyspaceChanges {
  readonly #undo: UndoLog;
  readonly #dropped = new Map<string, true>();
  readonly #fields = new Map<string, Map<string, Buffer | null>>();
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #scores = new Map<string, Map<string, number | null>>();
  readonly #entries: Command[] = [];
  readonly #trims: Command[] = [];
  readonly #chunks = new Map<string, Buffer>();
  readonly #absent = new Map<string, true>();
  #size = 0;

  constructor(undo: UndoLog) {
    this.#undo = undo;
  }

  /** Changes so far, repeated ones included. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** To be stored before the commit, which keeps them. */
  get chunks(): ReadonlyMap<string, Buffer> {
    return this.#chunks;
  }

  /** Keys that were taken to be free. */
  get absentKeys(): readonly string[] {
    return [...this.#absent.keys()];
  }

  drop(key: string): void {
    this.#undo.delete(this.#fields, key);
    this.#undo.delete(this.#chunks, key);
    this.#undo.set(this.#dropped, key, true);
    this.#count();
  }

  field(key: string, name: string, value: Buffer | null): void {
    this.#undo.set(this.#of(this.#fields, key), name, value);
    this.#count();
  }

  count(key: string, name: string, by: number): void {
    const counts = this.#of(this.#counts, key);
    this.#undo.set(counts, name, (counts.get(name) ?? 0) + by);
    this.#count();
  }

  score(key: string, member: string, score: number | null): void {
    this.#undo.set(this.#of(this.#scores, key), member, score);
    this.#count();
  }

  /** Of a sorted set: the members that have changed, null where they are gone. */
  scoresOf(key: string): ReadonlyMap<string, number | null> {
    return this.#of(this.#scores, key);
  }

  entry(key: string, number: number, value: Buffer): void {
    this.#push(this.#entries, ["XADD", key, `${number}-0`, "v", value]);
  }

  /** Of a stream, all entries before the number. */
  trim(key: string, before: number): void {
    this.#push(this.#trims, ["XTRIM", key, "MINID", `${before}-0`]);
  }

  /** Of a sorted set, all members below the score. */
  dropBelow(key: string, score: number): void {
    this.#push(this.#trims, ["ZREMRANGEBYSCORE", key, "-inf", `(${score}`]);
  }

  dropEntry(key: string, number: number): void {
    this.#push(this.#trims, ["XDEL", key, `${number}-0`]);
  }

  chunk(key: string, bytes: Buffer): void {
    this.#undo.set(this.#chunks, key, bytes);
    this.#count();
  }

  absent(key: string): void {
    this.#undo.set(this.#absent, key, true);
  }

  commands(): readonly Command[] {
    const freeing: Command[] = [...this.#trims];
    const taking: Command[] = [];
    freeing.push(...inPieces(["UNLINK"], [...this.#dropped.keys()], 1));
    for (const [key, fields] of this.#fields) fieldCommands(key, fields, freeing, taking);
    for (const [key, scores] of this.#scores) scoreCommands(key, scores, freeing, taking);
    for (const [key, counts] of this.#counts) {
      for (const [name, by] of counts) {
        if (by !== 0) (by < 0 ? freeing : taking).push(["COUNT", key, name, String(by)]);
      }
    }
    return [...freeing, ...taking, ...this.#entries];
  }

  #push(list: Command[], command: Command): void {
    list.push(command);
    this.#undo.note(() => list.pop());
    this.#count();
  }

  #count(): void {
    this.#size += 1;
    this.#undo.note(() => {
      this.#size -= 1;
    });
  }

  #of<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
    const known = maps.get(key);
    if (known) return known;
    const made = new Map<string, V>();
    maps.set(key, made);
    return made;
  }
}

function fieldCommands(
  key: string,
  fields: ReadonlyMap<string, Buffer | null>,
  freeing: Command[],
  taking: Command[],
): void {
  const gone: string[] = [];
  const put: Word[] = [];
  for (const [name, value] of fields) {
    if (value === null) gone.push(name);
    else put.push(name, value);
  }
  freeing.push(...inPieces(["HDEL", key], gone, 1));
  taking.push(...inPieces(["HSET", key], put, 2));
}

function scoreCommands(
  key: string,
  scores: ReadonlyMap<string, number | null>,
  freeing: Command[],
  taking: Command[],
): void {
  const gone: string[] = [];
  const put: string[] = [];
  for (const [member, score] of scores) {
    if (score === null) gone.push(member);
    else put.push(String(score), member);
  }
  freeing.push(...inPieces(["ZREM", key], gone, 1));
  taking.push(...inPieces(["ZADD", key], put, 2));
}

/** The head with at most `wordsMax` of the words each; pairs stay together. */
function inPieces(head: Command, words: readonly Word[], together: 1 | 2): readonly Command[] {
  const pieces: Command[] = [];
  const step = wordsMax - (wordsMax % together);
  for (let at = 0; at < words.length; at += step) {
    pieces.push([...head, ...words.slice(at, at + step)]);
  }
  return pieces;
}
