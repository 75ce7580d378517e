// Tasks in Redis, for clusters over several machines. All that decides is the shared pure code; Redis
// keeps rows and indexes, and one script applies what was decided, if nobody has committed since.
//
//   call ──► waiting ──batch──► BatchSettler: fetch ► perform ► commit     one batch at a time
//        └─► waiting ──batch──► ReadSettler:  fetch ► perform              beside it
//
// While a round trip is under way the next commands gather, so that they share one. Several stores may
// work on one Redis: whoever was slower decides anew.
import { nanoid } from "nanoid";
import { Failure } from "#protocols/failure.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { RedisPlace } from "#runtime/cluster/directory/redis-server.ts";
import type { BackendFigures, StoreBackend, StoreCommand, StoreValue } from "../backend.ts";
import { isWrite } from "../perform.ts";
import { type StorePolicy, storePolicyDefault } from "../store-policy.ts";
import { checkRequest } from "../store-requests.ts";
import { BatchSettler } from "./batch-settler.ts";
import { CommandLane } from "./command-lane.ts";
import { ReadSettler } from "./read-settler.ts";
import { redisMetrics } from "./redis-metrics.ts";
import { keyPrefix, type RedisStoreName, storeKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { ServerClock } from "./server-clock.ts";
import { newStoreFigures, type StoreFigures } from "./store-figures.ts";
import { StoreLink } from "./store-link.ts";
import { StoreServer } from "./store-server.ts";

export interface RedisBackendOptions extends RedisStoreName {
  /** `redisPlaceOf` makes one of a text. */
  readonly place: RedisPlace;
  /** Milliseconds that a call waits for Redis at most. Default: 5 s. */
  readonly withinMs?: number;
  readonly policy?: StorePolicy;
  /** Milliseconds since 1970 UTC, for tests that let time pass. Default: what the server says. */
  readonly timeMs?: () => number;
}

export interface RememberedFigures {
  /** Connections that were made. */
  readonly sessionsTotal: number;
  /** Rows, indexes and numbers that the next batch need not fetch. */
  readonly rememberedEntries: number;
}

export class RedisBackend implements StoreBackend {
  readonly lost: Promise<never>;
  readonly #link: StoreLink;
  readonly #server: StoreServer;
  readonly #batches: BatchSettler;
  readonly #writes: CommandLane;
  readonly #reads: CommandLane;
  readonly #figures = newStoreFigures();
  #isClosed = false;

  private constructor(options: RedisBackendOptions) {
    const keys = storeKeys(keyPrefix(options));
    const makeId = (): string => nanoid();
    const figures = this.#figures;
    this.#link = new StoreLink({ place: options.place, keys, makeId });
    const policy = options.policy ?? storePolicyDefault;
    const clock = new ServerClock(options.timeMs);
    this.#server = new StoreServer({ keys, link: this.#link, policy, figures, makeId, clock });
    const batches = new BatchSettler(this.#server, figures, makeId());
    this.#batches = batches;
    const reads = new ReadSettler(this.#server, figures);
    const withinMs = options.withinMs ?? redisStoreLimits.withinMsDefault;
    let lose: (cause: unknown) => void = () => {};
    this.lost = new Promise<never>((_resolve, reject) => {
      lose = reject;
    });
    // Whoever does not wait for it must not be ended by it.
    this.lost.catch(() => {});
    this.#writes = new CommandLane({
      ...{ figures, withinMs, lose, togetherMax: redisStoreLimits.batchCommandsMax },
      settle: (commands, deadlineMs) => batches.settle(commands, deadlineMs),
    });
    this.#reads = new CommandLane({
      ...{ figures, withinMs, lose, togetherMax: redisStoreLimits.readsTogetherMax },
      settle: (commands, deadlineMs) => reads.settle(commands, deadlineMs),
    });
  }

  /**
   * Fails with `unavailable` when Redis is away, and `invalid` when it would forget tasks or speaks a
   * newer format.
   */
  static async open(options: RedisBackendOptions): Promise<RedisBackend> {
    const backend = new RedisBackend(options);
    try {
      const withinMs = options.withinMs ?? redisStoreLimits.withinMsDefault;
      await backend.#server.session(performance.now() + withinMs);
      await backend.call({ method: "counts", args: [] });
      return backend;
    } catch (error) {
      backend.#link.close();
      throw error;
    }
  }

  get info(): StoreInfo {
    return this.#server.info;
  }

  /** Milliseconds since 1970 UTC by the store's clock. */
  nowMs(): number {
    return this.#server.nowMs();
  }

  /** For metrics: what was counted so far, and what is remembered now. */
  get figures(): Readonly<StoreFigures> & RememberedFigures {
    const { sessionsTotal } = this.#link;
    return { ...this.#figures, sessionsTotal, rememberedEntries: this.#batches.rememberedEntries };
  }

  async measured(): Promise<BackendFigures> {
    const waiting = [this.#writes.waiting, this.#reads.waiting];
    return redisMetrics({ figures: this.figures, health: this.#server.health, waiting });
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    if (this.#isClosed) throw new Failure("unavailable", "the store is closed; open it again");
    checkRequest(command);
    this.#figures.commandsTotal += 1;
    return this.#laneFor(command).call(command);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#writes.drained(), this.#reads.drained()]);
    this.#link.close();
  }

  /** A count of everything takes its turn among the commits, so that it sees the store stand still. */
  #laneFor(command: StoreCommand): CommandLane {
    return isWrite(command) || command.method === "check" ? this.#writes : this.#reads;
  }
}
