// The task store in memory: for tests, for trying things out, and as the measure of the other back
// ends. It ends with its process, and says so: what it acknowledges is `accepted`, no more.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type {
  BackendFigures,
  StoreBackend,
  StoreCommand,
  StoreMethod,
  StoreValue,
} from "../backend.ts";
import { isWrite, perform } from "../perform.ts";
import type { StoreContext } from "../store-context.ts";
import { type StorePolicy, storePolicyDefault } from "../store-policy.ts";
import { checkRequest } from "../store-requests.ts";
import { MemoryRecords } from "./memory-records.ts";
import { MemoryShelf } from "./memory-shelf.ts";
import { ownAnswer, ownCommand } from "./own-bytes.ts";

export interface MemoryBackendOptions {
  /** Milliseconds since 1970 UTC; they never go back (`StoreClock` sees to that). */
  readonly nowMs: () => number;
  readonly makeId: () => string;
  readonly policy?: StorePolicy;
  /** Milliseconds that its time is ahead of the machine's clock. Default: 0. */
  readonly aheadMs?: () => number;
}

interface WaitingCall {
  readonly command: StoreCommand;
  resolve(value: unknown): void;
  reject(cause: unknown): void;
}

export class MemoryBackend implements StoreBackend {
  readonly #info: StoreInfo;
  /** Memory is not lost without its process. */
  readonly lost: Promise<never> = new Promise(() => {});
  readonly #options: MemoryBackendOptions;
  readonly #policy: StorePolicy;
  readonly #shelf = new MemoryShelf();
  readonly #records = new MemoryRecords();
  #waiting: WaitingCall[] = [];
  #closed: Failure | undefined;

  constructor(options: MemoryBackendOptions) {
    this.#options = options;
    this.#policy = options.policy ?? storePolicyDefault;
    const epoch = options.makeId();
    this.#info = {
      kind: "memory",
      epoch,
      ackLevels: ["accepted"],
      schemaVersion: 1,
      timeSkewMs: 0,
    };
  }

  get info(): StoreInfo {
    return { ...this.#info, timeSkewMs: this.#options.aheadMs?.() ?? 0 };
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    if (this.#closed) throw this.#closed;
    checkRequest(command);
    if (this.#waiting.length >= limits.mailboxMessagesMax) {
      const seen = `${this.#waiting.length} calls wait for the store in memory`;
      throw new Failure("mailbox_full", `${seen}; try later`);
    }
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) queueMicrotask(() => this.#runBatch());
      this.#waiting.push({ command: ownCommand(command), resolve, reject });
    });
  }

  async measured(): Promise<BackendFigures> {
    const waiting = { calls: this.#waiting.length, callsMax: limits.mailboxMessagesMax };
    return { waiting: { ...waiting, bytes: 0, bytesMax: null }, figures: [] };
  }

  async close(): Promise<void> {
    this.#closed ??= new Failure("unavailable", "the store in memory is closed; open another one");
    while (this.#waiting.length > 0) this.#runBatch();
  }

  /** One reading of the clock for all of it. What is left over has its turn right after. */
  #runBatch(): void {
    const calls = this.#waiting.splice(0, limits.storeBatchItemsMax);
    if (this.#waiting.length > 0) queueMicrotask(() => this.#runBatch());
    const { nowMs, makeId } = this.#options;
    const context = {
      shelf: this.#shelf,
      records: this.#records,
      nowMs: nowMs(),
      policy: this.#policy,
      makeId,
      info: this.info,
    };
    for (const { command, resolve, reject } of calls) {
      try {
        resolve(ownAnswer(command.method, this.#perform(context, command)));
      } catch (cause) {
        reject(Failure.of(cause));
      }
    }
  }

  #perform(context: StoreContext, command: StoreCommand): StoreValue<StoreMethod> {
    if (!isWrite(command)) return perform(context, command);
    return this.#records.undoable(() => this.#shelf.undoable(() => perform(context, command)));
  }
}
