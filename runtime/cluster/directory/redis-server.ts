// The connections to Redis: one for scripts, one that waits for changes. What the client throws comes
// out as a Failure; whether the server keeps what it acknowledges is looked at first.
import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { Failure } from "#protocols/failure.ts";

/** One server, or several behind Sentinels (`options.sentinels`, `options.name`); or a Redis Cluster. */
export type RedisPlace =
  | { readonly kind: "server"; readonly options: RedisOptions }
  | {
      readonly kind: "cluster";
      readonly nodes: readonly ClusterNode[];
      readonly options?: ClusterOptions;
    };

/** Milliseconds until a command that is not answered has failed; the directory tries again. */
const commandMsMax = 1_000;
const reconnectMsMax = 250;
/** Milliseconds that may be waited for changes at a time. */
export const waitMsMax = 1_000;

export class RedisServer {
  readonly #scripts: Redis | Cluster;
  readonly #waiting: Redis | Cluster;
  /** By script: its digest, once the server has it. */
  readonly #digests = new Map<string, string>();

  constructor(place: RedisPlace) {
    this.#scripts = connect(place, commandMsMax);
    this.#waiting = connect(place, waitMsMax + commandMsMax);
  }

  /** Runs the script; what it answers is a list of texts. */
  async run(
    script: string,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<readonly string[]> {
    try {
      return textsOf(await this.#evaluate(script, keys, args));
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Settles when the stream has more than is known, or after so many ms: `waitMsMax` at most. */
  async hasMore(stream: string, after: number, ms: number): Promise<void> {
    try {
      const id = `${after}-0`;
      await this.#waiting.xread("COUNT", 1, "BLOCK", ms, "STREAMS", stream, id);
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Fails with `invalid` when the server may forget what it has acknowledged. */
  async checkDurable(): Promise<void> {
    const settings: readonly (readonly [name: string, needed: string])[] = [
      ["maxmemory-policy", "noeviction"],
      ["appendonly", "yes"],
    ];
    for (const [name, needed] of settings) {
      const found = await this.#setting(name);
      if (found === needed) continue;
      const text = `Redis has ${name} ${found}, and the directory needs ${needed}, or names are forgotten; set it, or accept that with allowVolatile: true`;
      throw new Failure("invalid", text);
    }
  }

  close(): void {
    this.#scripts.disconnect();
    this.#waiting.disconnect();
  }

  async #setting(name: string): Promise<string> {
    try {
      const [, value] = textsOf(await this.#scripts.config("GET", name));
      return value ?? "unknown";
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === "store_failed") return `unknown (${failure.detail})`;
      throw failure;
    }
  }

  async #evaluate(script: string, keys: readonly string[], args: readonly string[]) {
    const digest = this.#digests.get(script);
    if (digest !== undefined) {
      try {
        return await this.#scripts.evalsha(digest, keys.length, ...keys, ...args);
      } catch (error) {
        // A server that was started anew, or another one, has not seen it yet.
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      }
    }
    const answer = await this.#scripts.eval(script, keys.length, ...keys, ...args);
    const [first] = keys;
    if (digest === undefined && first !== undefined) await this.#learn(script);
    return answer;
  }

  async #learn(script: string): Promise<void> {
    const digest = await this.#scripts.script("LOAD", script);
    if (typeof digest === "string") this.#digests.set(script, digest);
  }
}

function connect(place: RedisPlace, commandTimeout: number): Redis | Cluster {
  const replyMapping = "legacy" as const;
  const terms = {
    replyMapping,
    commandTimeout,
    maxRetriesPerRequest: 1,
    connectTimeout: commandMsMax,
  };
  const retryStrategy = (attempt: number): number => Math.min(reconnectMsMax, 20 * attempt);
  const client: Redis | Cluster =
    place.kind === "server"
      ? new Redis({ ...place.options, ...terms, retryStrategy })
      : new Cluster([...place.nodes], {
          ...place.options,
          redisOptions: { ...place.options?.redisOptions, ...terms },
          clusterRetryStrategy: retryStrategy,
        });
  // Each command tells of its own failure; an event without a listener would be written to the console.
  client.on("error", () => {});
  return client;
}

/** The server's own word, or else that it is away. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const isReply = error instanceof Error && error.name === "ReplyError";
  const isPassing = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED)/.test(text);
  if (isReply && !isPassing) return new Failure("store_failed", `Redis refused: ${text}`, error);
  return new Failure("unavailable", `Redis is away: ${text}`, error);
}

function textsOf(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) {
    throw new Failure("corrupt", `Redis answered ${typeof answer}, where a list was due`);
  }
  return answer.map(String);
}
