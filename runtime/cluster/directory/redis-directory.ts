// The directory in Redis, for clusters over several machines: every node speaks to it directly, by
// scripts that are atomic on the server. A server that was started anew, failed over or was flushed
// may have forgotten what it acknowledged: then all sessions are lost, and nothing is put until they
// have surely ended. Existing refs go on working meanwhile.
import { formatNode, parseNode } from "#protocols/address.ts";
import { checkKey, nodesPrefix, plainValue, valueText } from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import type { Followed, FollowRequest } from "#protocols/cluster/directory-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { Log, Random } from "#runtime/core/ports.ts";
import { ChangeFeed } from "./change-feed.ts";
import type {
  Change,
  Directory,
  DirectoryListener,
  Entry,
  Listing,
  Opened,
  OpenRequest,
  PlainValue,
  PutRequest,
  RemoveRequest,
  SessionId,
} from "./directory.ts";
import { conflictOver, fullOfEntries } from "./directory-refusals.ts";
import { checkSession, refusedLife, sessionLost } from "./directory-sessions.ts";
import { isOwnEntry } from "./own-entry.ts";
import { patiently, type WaitingPorts } from "./patient-call.ts";
import { redisKeyNames, redisScripts } from "./redis-scripts.ts";
import { type RedisPlace, RedisServer } from "./redis-server.ts";
import { SharedListings } from "./shared-listings.ts";

export interface RedisDirectoryOptions {
  readonly place: RedisPlace;
  /** Distinguishes clusters that share a Redis. Default: `troupe`. */
  readonly cluster?: string;
  /** Of the cluster's sessions; after a flush so long nothing is put. Default: 3 s. */
  readonly ttlMs?: number;
  /** Milliseconds that a call waits for Redis. Default: 5 s. */
  readonly withinMs?: number;
  /** Takes a Redis that may forget what it has acknowledged, too. Default: it is refused. */
  readonly allowVolatile?: boolean;
}

export interface RedisDirectoryPorts extends WaitingPorts {
  readonly random: Random;
  readonly log: Log;
}

/** Milliseconds after which ended sessions are looked for, at most: it takes somebody to ask. */
const lookMs = 250;

export class RedisDirectory implements Directory {
  readonly #server: RedisServer;
  readonly #ports: RedisDirectoryPorts;
  readonly #keys: readonly string[];
  readonly #ttlMs: number;
  readonly #withinMs: number;
  readonly #feed: ChangeFeed;
  readonly #listings = new SharedListings((prefix) => this.#list(prefix));
  #openings = 0;

  private constructor(
    server: RedisServer,
    ports: RedisDirectoryPorts,
    options: RedisDirectoryOptions,
  ) {
    this.#server = server;
    this.#ports = ports;
    const cluster = options.cluster ?? "troupe";
    this.#keys = redisKeyNames.map((name) => `{troupe:${cluster}}:${name}`);
    this.#ttlMs = options.ttlMs ?? directoryLimits.ttlMsDefault;
    this.#withinMs = options.withinMs ?? directoryLimits.callMsDefault;
    this.#feed = new ChangeFeed({
      clock: ports.clock,
      timers: ports.timers,
      follow: (request, signal) => this.#follow(request, signal),
      complain: ({ code, detail }) => ports.log.write("error", "/", detail, { code }),
    });
  }

  /** Fails with `unavailable` when Redis is away, and `invalid` when it may forget. */
  static async connect(
    ports: RedisDirectoryPorts,
    options: RedisDirectoryOptions,
  ): Promise<RedisDirectory> {
    const server = new RedisServer(options.place);
    try {
      const withinMs = options.withinMs ?? directoryLimits.callMsDefault;
      if (options.allowVolatile !== true) {
        await patiently(ports, withinMs, () => server.checkDurable());
      }
      const directory = new RedisDirectory(server, ports, options);
      await directory.get("connected");
      return directory;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  async open(request: OpenRequest): Promise<Opened> {
    checkSession(request);
    const { node, predecessor, ttlMs } = request;
    const id = formatNode(node);
    const record = valueText(request.record, `the record of ${id}`);
    this.#openings += 1;
    const attempt = `${this.#openings}.${this.#ports.clock.wall()}.${this.#ports.random.next()}`;
    const { entriesMax, marksMax, sessionsMax } = directoryLimits;
    const most = [sessionsMax, entriesMax, marksMax].map(String);
    const args = [node.name, `${node.incarnation}`, `${ttlMs}`, record, predecessor, attempt];
    const [kind, first, second] = await this.#run("open", [...args, ...most, id]);
    switch (kind) {
      case "opened":
        return { revision: Number(first), ttlMs: Number(second) };
      case "refused":
        throw refusedLife(node, Number(first));
      case "too_large":
        throw tooLarge(id);
      default:
        throw new Failure("directory_full", `the directory is full of ${first}: ${id} cannot join`);
    }
  }

  async renew(
    session: SessionId,
    news: { readonly state?: PlainValue } = {},
  ): Promise<{ readonly ttlMs: number }> {
    const id = formatNode(session);
    const state = news.state === undefined ? "" : valueText(news.state, `the state of ${id}`);
    const [kind, ttlMs] = await this.#run("renew", [id, state]);
    if (kind === "renewed") return { ttlMs: Number(ttlMs) };
    throw kind === "lost" ? sessionLost(session) : tooLarge(id);
  }

  async close(session: SessionId): Promise<void> {
    await this.#run("close", [formatNode(session)]);
  }

  async put(request: PutRequest): Promise<Entry> {
    const { expect, key, session } = request;
    checkWritable(key);
    const value = valueText(request.value, `the value of ${key}`);
    const owner = session === undefined ? "" : formatNode(session);
    const args = [key, value, owner, String(expect), String(directoryLimits.entriesMax)];
    return patiently(this.#ports, this.#withinMs, async (_leftMs, isRepeated) => {
      const [kind, text] = await this.#runOnce("put", args);
      switch (kind) {
        case "put":
          return entryOf(key, text);
        case "conflict":
          return this.#ownOrConflict(request, text, isRepeated);
        case "lost":
          throw sessionLost(session ?? { name: "", incarnation: 0 });
        case "quiet":
          throw quiet(Number(text));
        default:
          throw fullOfEntries(key);
      }
    });
  }

  async remove({ expect, key }: RemoveRequest): Promise<boolean> {
    checkWritable(key);
    const [kind, text] = await this.#run("remove", [key, String(expect)]);
    if (kind === "conflict") throw conflictOver(key, expect, entryOf(key, text));
    return kind === "removed";
  }

  async get(key: string): Promise<Entry | undefined> {
    checkKey(key);
    const [kind, text] = await this.#run("get", [key]);
    return kind === "entry" ? entryOf(key, text) : undefined;
  }

  list(prefix: string): Promise<Listing> {
    return this.#listings.list(prefix);
  }

  watch(prefix: string, listener: DirectoryListener): () => void {
    return this.#feed.watch(prefix, listener);
  }

  /** Ends the connections; nothing can be asked any more. */
  disconnect(): void {
    this.#server.close();
  }

  async #list(prefix: string): Promise<Listing> {
    checkKey(prefix, "prefix");
    const most = directoryLimits.answerEntriesMax;
    const entries: Entry[] = [];
    let revision: number | undefined;
    for (let after = ""; ; after = entries.at(-1)?.key ?? "") {
      const [, at, ...page] = await this.#run("list", [prefix, after, String(most)]);
      revision ??= Number(at);
      for (let index = 0; index < page.length; index += 2) {
        entries.push(entryOf(page[index] ?? "", page[index + 1]));
      }
      if (page.length < 2 * most) return { entries, revision };
    }
  }

  #ownOrConflict(request: PutRequest, text: string | undefined, isRepeated: boolean): Entry {
    const present = text ? entryOf(request.key, text) : undefined;
    // The earlier attempt may have been done, and its answer lost.
    if (isRepeated && present && isOwnEntry(request, present)) return present;
    throw conflictOver(request.key, request.expect, present);
  }

  async #follow(request: FollowRequest, signal: AbortSignal): Promise<Followed> {
    const { after, prefixes } = request;
    const most = String(directoryLimits.answerEntriesMax);
    const args = [after === undefined ? "" : String(after), most, ...prefixes];
    const [kind, at, ...parts] = await this.#runOnce("follow", args);
    const revision = Number(at);
    if (kind === "lost") return { kind, revision };
    const changes: Change[] = [];
    for (let index = 0; index < parts.length; index += 4) {
      const [change, changed, key = "", text] = parts.slice(index, index + 4);
      const entry = entryOf(key, text);
      const told = change === "put" ? "put" : "removed";
      changes.push({ kind: told, revision: Number(changed), entry });
    }
    const isNews = after === undefined || changes.length > 0 || revision !== after;
    if (!isNews && !signal.aborted) {
      await this.#server.hasMore(this.#keys[redisKeyNames.indexOf("changes")] ?? "", after, lookMs);
    }
    return { kind: "changes", changes, revision };
  }

  #run(name: keyof typeof redisScripts, args: readonly string[]): Promise<readonly string[]> {
    return patiently(this.#ports, this.#withinMs, () => this.#runOnce(name, args));
  }

  #runOnce(name: keyof typeof redisScripts, args: readonly string[]): Promise<readonly string[]> {
    const { changesKeptMax, valueBytesMax } = directoryLimits;
    const bounds = [this.#ttlMs, valueBytesMax, changesKeptMax].map(String);
    return this.#server.run(redisScripts[name], this.#keys, [...bounds, ...args]);
  }
}

function checkWritable(key: string): void {
  checkKey(key);
  if (!key.startsWith(nodesPrefix)) return;
  const text = `${key} is the directory's own: what stands there is said by open and renew`;
  throw new Failure("invalid", text);
}

function entryOf(key: string, text: string | undefined): Entry {
  const { r, c, s, v } = fieldsOf(text);
  if (typeof v !== "string" || typeof s !== "string") {
    throw new Failure("corrupt", `the entry ${key} in Redis says ${text?.slice(0, 200)}`);
  }
  const entry = { key, value: plainValue(v), revision: Number(r), createdRevision: Number(c) };
  const session = s === "" ? undefined : parseNode(s);
  return session === undefined ? entry : { ...entry, session };
}

function fieldsOf(text: string | undefined): Readonly<Record<string, unknown>> {
  const value = text === undefined ? undefined : plainValue(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const tooLarge = (id: string): Failure =>
  new Failure(
    "too_large",
    `record and state of ${id} have more than ${directoryLimits.valueBytesMax} bytes; keep them elsewhere`,
  );

const quiet = (ms: number): Failure =>
  new Failure(
    "unavailable",
    `Redis was started anew, failed over or flushed; nothing is put for ${ms} ms more, until all sessions of before have ended`,
  );
