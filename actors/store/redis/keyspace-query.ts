// What can be asked of Redis about one key, as data: each question has an id under which its answer is
// remembered, and a command. Strange replies are `corrupt`: somebody else writes under these keys.
import { Failure } from "#protocols/failure.ts";
import type { Ranked } from "./sorted-window.ts";

export type KeyspaceQuery =
  | { readonly kind: "hash" | "stream" | "chunk"; readonly key: string }
  /** One field of a hash that counts; one member's score. */
  | { readonly kind: "count" | "score"; readonly key: string; readonly name: string }
  /** The first entries of a sorted set. */
  | { readonly kind: "window"; readonly key: string; readonly count: number }
  /** Entries of a sorted set behind a score. */
  | {
      readonly kind: "page";
      readonly key: string;
      readonly after: number;
      readonly count: number;
    }
  /** Members of a sorted set of equal scores: from `low` on, before `high`. */
  | ({ readonly kind: "members"; readonly key: string; readonly count: number } & MembersAsked)
  /** Entries of a stream from a number on. */
  | {
      readonly kind: "entries";
      readonly key: string;
      readonly from: number;
      readonly count: number;
    };

export interface MembersAsked {
  readonly low: string;
  readonly high: string;
  readonly order: "up" | "down";
}

export type HashFields = Map<string, Buffer>;

/** Numbers of a stream: its newest, and the oldest that is kept; newest + 1 when none is. */
export interface StreamEnds {
  readonly head: number;
  readonly first: number;
}

export interface StreamEntry {
  readonly number: number;
  readonly value: Buffer;
}

export function queryId(query: KeyspaceQuery): string {
  switch (query.kind) {
    case "hash":
    case "stream":
    case "chunk":
    case "window":
      return `${query.kind} ${query.key}`;
    case "count":
    case "score":
      return `${query.kind} ${query.key} ${query.name}`;
    case "page":
      return `page ${query.key} ${query.after} ${query.count}`;
    case "members":
      return `members ${JSON.stringify([query.key, query.count, query.order, query.low, query.high])}`;
    case "entries":
      return `entries ${query.key} ${query.from} ${query.count}`;
    default:
      return query satisfies never;
  }
}

export function commandOf(query: KeyspaceQuery): readonly string[] {
  switch (query.kind) {
    case "hash":
      return ["HGETALL", query.key];
    case "stream":
      return ["ENDS", query.key];
    case "chunk":
      return ["GET", query.key];
    case "count":
      return ["HGET", query.key, query.name];
    case "score":
      return ["ZSCORE", query.key, query.name];
    case "window":
      return ["ZRANGE", query.key, "0", String(query.count - 1), "WITHSCORES"];
    case "page": {
      const limit = ["LIMIT", "0", String(query.count)];
      return ["ZRANGEBYSCORE", query.key, `(${query.after}`, "+inf", "WITHSCORES", ...limit];
    }
    case "members": {
      const [low, high] = [`[${query.low}`, `(${query.high}`];
      const limit = ["LIMIT", "0", String(query.count)];
      return query.order === "up"
        ? ["ZRANGEBYLEX", query.key, low, high, ...limit]
        : ["ZREVRANGEBYLEX", query.key, high, low, ...limit];
    }
    case "entries":
      return ["XRANGE", query.key, `${query.from}-0`, "+", "COUNT", String(query.count)];
    default:
      return query satisfies never;
  }
}

export function hashOf(reply: unknown): HashFields {
  const parts = partsOf(reply);
  const fields: HashFields = new Map();
  for (let index = 0; index < parts.length; index += 2) {
    fields.set(textOf(parts[index]), bytesOf(parts[index + 1]));
  }
  return fields;
}

export function rankedOf(reply: unknown): readonly Ranked[] {
  const parts = partsOf(reply);
  const ranked: Ranked[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    ranked.push({ member: textOf(parts[index]), score: numberOf(parts[index + 1]) });
  }
  return ranked;
}

export function endsOf(reply: unknown): StreamEnds {
  const parts = partsOf(reply);
  if (parts.length === 0) return { head: 0, first: 1 };
  const head = numberOfId(parts[0]);
  return { head, first: parts[1] ? numberOfId(parts[1]) : head + 1 };
}

export const entriesOf = (reply: unknown): readonly StreamEntry[] =>
  partsOf(reply).map((entry) => {
    const [id, fields] = partsOf(entry);
    return { number: numberOfId(id), value: bytesOf(partsOf(fields)[1]) };
  });

export const partsOf = (reply: unknown): readonly unknown[] => {
  if (Array.isArray(reply)) return reply;
  throw strange(reply, "a list");
};

export const textOf = (reply: unknown): string =>
  typeof reply === "string" ? reply : bytesOf(reply).toString("utf8");

export const bytesOf = (reply: unknown): Buffer => {
  if (Buffer.isBuffer(reply)) return reply;
  throw strange(reply, "bytes");
};

export function numberOf(reply: unknown): number {
  const value = typeof reply === "number" ? reply : Number(textOf(reply));
  if (Number.isFinite(value)) return value;
  throw strange(reply, "a number");
}

/** Of `<number>-0`. */
const numberOfId = (reply: unknown): number => Number.parseInt(textOf(reply), 10);

const strange = (reply: unknown, due: string): Failure =>
  new Failure(
    "corrupt",
    `Redis answered ${typeof reply} where ${due} was due; something else writes under the store's keys`,
  );
