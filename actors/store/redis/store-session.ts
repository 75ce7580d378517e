// One connection to the server that has the store, from the look at its promises until it breaks. It
// never sends a command again by itself: whether that is safe is known to those who decide.
import { Redis, type RedisOptions } from "ioredis";
import { Failure } from "#protocols/failure.ts";
import type { AckLevel } from "#protocols/tasks/task.ts";
import type { RedisPlace } from "#runtime/cluster/directory/redis-server.ts";
import { numberOf, partsOf, textOf } from "./keyspace-query.ts";
import { masterOptions } from "./master-place.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { ackLevelsOf, checkKeeping, healthOf, type ServerHealth } from "./server-health.ts";
import { formatVersion, isSameStore, lineageText, parseLineage } from "./store-lineage.ts";
import { applyScript, lineageScript, readScript } from "./store-scripts.ts";

export interface SessionTerms {
  readonly place: RedisPlace;
  readonly keys: StoreKeys;
  /** The highest commit that was seen, so that a server which has fewer is found out. */
  readonly seenCommit: number;
  readonly makeId: () => string;
}

const terms: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  maxRetriesPerRequest: 0,
  connectTimeout: redisStoreLimits.commandMsMax,
  commandTimeout: redisStoreLimits.commandMsMax,
};

export class StoreSession {
  readonly client: Redis;
  readonly epoch: string;
  readonly scripts: { readonly read: string; readonly apply: string };
  #health: ServerHealth;
  #lookedAtMs = performance.now();

  private constructor(
    client: Redis,
    found: { readonly epoch: string; readonly health: ServerHealth },
    scripts: StoreSession["scripts"],
  ) {
    this.client = client;
    this.epoch = found.epoch;
    this.scripts = scripts;
    this.#health = found.health;
  }

  /** Fails with `invalid` when the server is not one to keep tasks on; else as the connection fails. */
  static async open(session: SessionTerms): Promise<StoreSession> {
    const { keys, place } = session;
    const options = await masterOptions(place, keys.commit, terms);
    const client = new Redis({ ...options, replyMapping: "legacy" });
    // Each command tells of its own failure; an event without a listener would be written out.
    client.on("error", () => {});
    try {
      await client.connect();
      const health = await lookAt(client);
      if (health.role !== "master") {
        throw new Failure("unavailable", `Redis is a ${health.role} there; ask again`);
      }
      const epoch = await settleEpoch(client, session, health);
      const [read, apply] = await Promise.all([
        client.script("LOAD", readScript),
        client.script("LOAD", applyScript),
      ]);
      const scripts = { read: String(read), apply: String(apply) };
      return new StoreSession(client, { epoch, health }, scripts);
    } catch (error) {
      client.disconnect();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.client.status === "ready";
  }

  /** As it was looked at last. */
  get health(): ServerHealth {
    return this.#health;
  }

  get ackLevels(): readonly AckLevel[] {
    return ackLevelsOf(this.#health);
  }

  /** Replicas did not follow: nothing is called replicated until they are looked at again. */
  replicasFailed(): void {
    this.#health = { ...this.#health, replicas: 0 };
  }

  /** Looks at the server again when that was long ago. Fails as when it was opened. */
  async lookAgain(): Promise<void> {
    if (performance.now() - this.#lookedAtMs < redisStoreLimits.healthMs) return;
    this.#health = await lookAt(this.client);
    this.#lookedAtMs = performance.now();
  }

  close(): void {
    this.client.disconnect();
  }
}

async function lookAt(client: Redis): Promise<ServerHealth> {
  const info = await client.info();
  const settings = new Map<string, string>();
  for (const name of ["maxmemory-policy", "appendfsync"]) {
    try {
      const [, value] = partsOf(await client.config("GET", name));
      if (value !== undefined) settings.set(name, textOf(value));
    } catch (error) {
      // Not everybody may ask; what INFO says has to do then.
      if (!(error instanceof Error) || error.name !== "ReplyError") throw error;
    }
  }
  const health = healthOf(info, settings);
  checkKeeping(health);
  return health;
}

/** The epoch, which is a new one when the server may have forgotten something. */
async function settleEpoch(
  client: Redis,
  { keys, makeId, seenCommit }: SessionTerms,
  health: ServerHealth,
): Promise<string> {
  for (;;) {
    const [lineage, epoch, commit] = await client.mget(keys.lineage, keys.epoch, keys.commit);
    const recorded = {
      lineage: parseLineage(lineage ?? undefined),
      epoch: epoch ?? undefined,
      commit: commit === null || commit === undefined ? undefined : numberOf(commit),
    };
    if (recorded.lineage && recorded.lineage.format > formatVersion) {
      const seen = `the store in Redis has the format ${recorded.lineage.format}`;
      throw new Failure("invalid", `${seen}, and this release knows ${formatVersion}; update it`);
    }
    const next = lineageText(health);
    const isSame = isSameStore(recorded, health, seenCommit);
    if (isSame && epoch && next === lineage) return epoch;
    const named = isSame && epoch ? epoch : makeId();
    const least = String(Math.max(seenCommit, recorded.commit ?? 0) + 1);
    const args = [lineage ?? "", next, named, least];
    const all = [keys.lineage, keys.epoch, keys.commit];
    const answer = await client.eval(lineageScript, all.length, ...all, ...args);
    if (answer === 1) return named;
  }
}
