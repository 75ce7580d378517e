// The store's words to Redis over one session: questions of one moment, a commit, chunks of bytes.
import { Failure } from "#protocols/failure.ts";
import type { Word } from "./keyspace-changes.ts";
import { commandOf, type KeyspaceQuery, numberOf, partsOf, textOf } from "./keyspace-query.ts";
import { packedWords } from "./packed-words.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { StoreSession } from "./store-session.ts";
import { troubleOf } from "./wire-failures.ts";

export interface Moment {
  /** Undefined: the store is gone, as after a flush. */
  readonly commit: number | undefined;
  readonly epoch: string | undefined;
  readonly nowMs: number;
  readonly replies: readonly unknown[];
}

export interface CommitTerms {
  readonly commit: number;
  readonly epoch: string;
  readonly writer: string;
  readonly batch: number;
  readonly attempt: number;
  readonly absentKeys: readonly string[];
  readonly chunkKeys: readonly string[];
  readonly commands: readonly (readonly Word[])[];
}

export type CommitAnswer = { readonly commit: number | undefined; readonly nowMs: number } & (
  | { readonly kind: "done" | "stale" | "turn" }
  | { readonly kind: "applied"; readonly attempt: number }
  | { readonly kind: "present" | "missing"; readonly key: string }
);

/** Replies, and all that the questions say, of one moment. */
export async function readMoment(
  session: StoreSession,
  keys: StoreKeys,
  queries: readonly KeyspaceQuery[],
): Promise<Moment> {
  const words = queries.map(commandOf).flatMap((command) => [String(command.length), ...command]);
  const { client, scripts } = session;
  const answer = await client.callBuffer(
    "EVALSHA",
    ...[scripts.read, "2", keys.commit, keys.epoch, ...words],
  );
  const [commit, epoch, time, ...replies] = partsOf(answer);
  return {
    commit: commit === null ? undefined : numberOf(commit),
    epoch: epoch === null ? undefined : textOf(epoch),
    nowMs: millisecondsOf(time),
    replies,
  };
}

export async function commit(
  session: StoreSession,
  keys: StoreKeys,
  terms: CommitTerms,
): Promise<CommitAnswer> {
  const { absentKeys, chunkKeys, writer } = terms;
  const fixed = [keys.commit, keys.epoch, keys.writer(writer), keys.turn];
  const all = [...fixed, ...absentKeys, ...chunkKeys];
  const args: Word[] = [
    ...[terms.commit, terms.epoch, terms.batch, terms.attempt, writer].map(String),
    ...[redisStoreLimits.writerMarkMs, absentKeys.length].map(String),
    // Hot: W7.
    packedWords(terms.commands),
  ];
  const { client, scripts } = session;
  const words = [scripts.apply, String(all.length), ...all, ...args];
  return commitAnswerOf(await client.callBuffer("EVALSHA", ...words));
}

function commitAnswerOf(reply: unknown): CommitAnswer {
  const [kind, number, time, what] = partsOf(reply);
  const commit = number === null || number === undefined ? undefined : numberOf(number);
  const moment = { commit, nowMs: millisecondsOf(time) };
  const said = textOf(kind);
  switch (said) {
    case "done":
    case "stale":
    case "turn":
      return { kind: said, ...moment };
    case "applied":
      return { kind: said, ...moment, attempt: numberOf(what) };
    case "present":
    case "missing":
      return { kind: said, ...moment, key: textOf(what) };
    default:
      throw new Failure("internal", `the commit script answered ${said}`);
  }
}

/** They vanish by themselves unless a commit takes them up. */
export async function uploadChunks(
  session: StoreSession,
  chunks: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const hold = String(redisStoreLimits.chunkHoldMs);
  for (const slice of slices([...chunks], ([, bytes]) => bytes.byteLength)) {
    await Promise.all(
      slice.map(([key, bytes]) => session.client.callBuffer("SET", key, bytes, "PX", hold)),
    );
  }
}

/** Chunks never change, so they need not be of the same moment as the rest. */
export async function fetchChunks(
  session: StoreSession,
  keys: readonly string[],
): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const slice of slices(keys, () => redisStoreLimits.chunkBytes)) {
    found.push(...(await Promise.all(slice.map((key) => session.client.getBuffer(key)))));
  }
  return found;
}

/** Fewer than one: no replica has in time what this session has written. */
export async function replicasThatHaveIt(session: StoreSession): Promise<number> {
  return numberOf(await session.client.wait(1, redisStoreLimits.replicaMsMax));
}

/** Keeps the others out for a moment: somebody who is always late gets through. */
export async function takeTurn(
  session: StoreSession,
  keys: StoreKeys,
  writer: string,
): Promise<void> {
  const { turnMs } = redisStoreLimits;
  await session.client.set(keys.turn, writer, "PX", turnMs, "NX").catch((error: unknown) => {
    // Full of memory it cannot note that; what frees memory may still get through.
    if (troubleOf(error) !== "refused") throw error;
  });
}

function* slices<T>(items: readonly T[], bytesOf: (item: T) => number): Generator<readonly T[]> {
  let slice: T[] = [];
  let bytes = 0;
  for (const item of items) {
    slice.push(item);
    bytes += bytesOf(item);
    if (bytes < redisStoreLimits.sliceBytes) continue;
    yield slice;
    [slice, bytes] = [[], 0];
  }
  if (slice.length > 0) yield slice;
}

function millisecondsOf(time: unknown): number {
  const [seconds, microseconds] = partsOf(time);
  return numberOf(seconds) * 1_000 + Math.floor(numberOf(microseconds) / 1_000);
}
