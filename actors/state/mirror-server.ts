// One connection to the server that has the copy, from its opening until it breaks. It sends nothing again
// by itself: after trouble nobody knows what was written, and all is written anew.
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { RedisPlace } from "#runtime/cluster/directory/redis-server.ts";
import type { Hash } from "./mirror-keys.ts";
import type { MirrorCommand } from "./mirror-plan.ts";

const terms = {
  replyMapping: "legacy",
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  retryStrategy: () => null,
  reconnectOnError: null,
  maxRetriesPerRequest: 0,
  connectTimeout: stateLimits.mirrorCommandMsMax,
  commandTimeout: stateLimits.mirrorCommandMsMax,
} as const satisfies RedisOptions;

export interface MirrorGuard {
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
}

export class MirrorServer {
  /** Why it may lose a part of what is written to it, and what to do; null: it does not, or does not tell. */
  readonly danger: string | null;
  readonly #client: Redis | Cluster;

  private constructor(client: Redis | Cluster, danger: string | null) {
    this.#client = client;
    this.danger = danger;
  }

  /** Fails with `unavailable` when it does not answer in time. */
  static async open(place: RedisPlace): Promise<MirrorServer> {
    const client = clientOf(place);
    // Each command tells of its own failure; an event without a listener would be written out.
    client.on("error", () => {});
    try {
      await client.connect();
      await client.ping();
      return new MirrorServer(client, await dangerOf(client));
    } catch (error) {
      client.disconnect();
      throw away(error);
    }
  }

  async field(key: string, field: string): Promise<string | null> {
    try {
      return await this.#client.hget(key, field);
    } catch (error) {
      throw away(error);
    }
  }

  /** Members of a sorted set with a lower score, at most so many. */
  async below(key: string, score: number, max: number): Promise<readonly string[]> {
    try {
      return await this.#client.zrangebyscore(key, "-inf", `(${score}`, "LIMIT", 0, max);
    } catch (error) {
      throw away(error);
    }
  }

  async members(key: string, max: number): Promise<readonly string[]> {
    try {
      return await this.#client.zrange(key, "0", `${max - 1}`);
    } catch (error) {
      throw away(error);
    }
  }

  /** As of one moment, in the order of the keys; what is not there is empty. */
  async hashes(keys: readonly string[]): Promise<readonly Hash[]> {
    const replies = await this.#transact(keys.map((key) => ["HGETALL", key]));
    return (replies ?? []).map(hashIn);
  }

  /**
   * In one transaction, when the hash has these fields: whether it was written. Nothing is written when it
   * has others, or changes before the transaction. Else as `write`.
   */
  async writeIf(guard: MirrorGuard, commands: readonly MirrorCommand[]): Promise<boolean> {
    const fields = Object.entries(guard.fields);
    try {
      const names = fields.map(([name]) => name);
      // Sent together: the server takes them in this order.
      const [, values] = await Promise.all([
        this.#client.watch(guard.key),
        this.#client.hmget(guard.key, ...names),
      ]);
      if (!fields.every(([, value], place) => values[place] === value)) {
        await this.#client.unwatch();
        return false;
      }
    } catch (error) {
      throw away(error);
    }
    return this.write(commands);
  }

  /**
   * In one transaction: nobody sees a part of it. Answers whether it was done: not when a key that is watched
   * changed. A command that the server refuses undoes no other: then it fails, and all is to be written anew.
   * Fails with `conflict` where a key is of another kind, `store_failed` when the server refused a command,
   * `unavailable` when it did not answer.
   */
  async write(commands: readonly MirrorCommand[]): Promise<boolean> {
    return (await this.#transact(commands)) !== null;
  }

  /** What each was answered; null: it was not done, as a watched key changed. */
  async #transact(commands: readonly MirrorCommand[]): Promise<readonly unknown[] | null> {
    const transaction = this.#client.multi();
    for (const [name, ...words] of commands) transaction.call(name, ...words);
    let replies: [Error | null, unknown][] | null;
    try {
      replies = await transaction.exec();
    } catch (error) {
      throw away(firstCause(error));
    }
    for (const [refused] of replies ?? []) if (refused) throw away(refused);
    return replies?.map(([, reply]) => reply) ?? null;
  }

  close(): void {
    this.#client.disconnect();
  }
}

/**
 * Of what is evicted where a time to live was set, ended tasks alone, the copy need not have anything: those
 * policies do no harm.
 */
async function dangerOf(client: Redis | Cluster): Promise<string | null> {
  // Who may not ask, as a user of few rights, learns of what was lost from the checksums all the same.
  const facts = await client.info("memory").catch(() => "");
  const policy = /^maxmemory_policy:(\S+)/m.exec(facts)?.[1];
  if (!policy?.startsWith("allkeys-")) return null;
  return `Redis has maxmemory-policy ${policy}, and forgets parts of the copy when its memory is full; set it to noeviction`;
}

/** As the server sends it: field, value, field, value. */
function hashIn(reply: unknown): Hash {
  const words = Array.isArray(reply)
    ? reply.map(String)
    : Object.entries(Object(reply)).flat().map(String);
  const hash = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) hash.set(words[at] ?? "", words[at + 1] ?? "");
  return hash;
}

const clientOf = (place: RedisPlace): Redis | Cluster =>
  place.kind === "server"
    ? new Redis({ ...place.options, ...terms, sentinelRetryStrategy: () => null })
    : new Cluster([...place.nodes], {
        ...place.options,
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: () => null,
        redisOptions: { ...place.options?.redisOptions, ...terms },
      });

/** A transaction that was refused as a whole says why with the command that was refused first. */
function firstCause(error: unknown): unknown {
  if (!(error instanceof Error) || !("previousErrors" in error)) return error;
  const { previousErrors } = error;
  return Array.isArray(previousErrors) ? (previousErrors[0] ?? error) : error;
}

function away(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const isReply = error instanceof Error && error.name === "ReplyError";
  if (isReply && text.startsWith("WRONGTYPE")) {
    return new Failure("conflict", `Redis has something else there: ${text}`, error);
  }
  if (isReply) return new Failure("store_failed", `Redis refused: ${text}`, error);
  return new Failure("unavailable", `Redis is away: ${text}`, error);
}
