// A task store for simulations: the real decisions over the shelf in memory, which is made anew from a
// log of commits on a simulated disk. What comes together is committed together; nobody is answered
// before the disk has it. When the disk fails, the store looks at what it has kept, and goes on from
// there, as one that has just begun does.
import { deserialize, serialize } from "node:v8";
import type { StoreBackend, StoreCommand, StoreValue } from "#actors/store/backend.ts";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import { isWrite, perform } from "#actors/store/perform.ts";
import type { QueueRecord } from "#actors/store/records.ts";
import type { StoreContext } from "#actors/store/store-context.ts";
import type { StorePolicy } from "#actors/store/store-policy.ts";
import { checkRequest } from "#actors/store/store-requests.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { Disk } from "#runtime/testkit/simulation/simulated-disk.ts";
import { CommitLog } from "./commit-log.ts";

/** One command of a commit, with the ids that it was given. */
export interface DoneCommand {
  readonly command: StoreCommand;
  readonly ids: readonly string[];
}

/** One commit. */
export interface Commit {
  readonly nowMs: number;
  readonly done: readonly DoneCommand[];
}

export interface LoggedStoreTerms {
  readonly disk: Disk;
  readonly policy: StorePolicy;
  /** The store's clock. */
  readonly nowMs: () => number;
  /** An id that was never given before. */
  readonly makeId: () => string;
  readonly told: StoreTold;
}

/** Who hears what becomes durable, before anybody is answered. */
export interface StoreTold {
  committed(commit: Commit, answers: readonly unknown[], shelf: MemoryShelf): void;
  /** All comes from the log; the last commit may not have been told to anybody. */
  reopened(tornCount: number, last: LastCommit | undefined, shelf: MemoryShelf): void;
  /** A commit was refused by the disk, and is there or not. */
  doubted(isKept: boolean): void;
}

export interface LastCommit extends Commit {
  /** The newest event before it. */
  readonly eventsBefore: number;
  readonly answers: readonly unknown[];
}

interface WaitingCall {
  readonly command: StoreCommand;
  resolve(value: unknown): void;
  reject(failure: Failure): void;
}

interface Tables {
  readonly shelf: MemoryShelf;
  readonly records: MemoryRecords;
}

const info: StoreInfo = {
  kind: "memory",
  epoch: "simulated",
  ackLevels: ["process", "durable"],
  schemaVersion: 1,
  timeSkewMs: 0,
};

/** Attempts to read a failing disk. */
const readsMax = 10;

export class LoggedTaskStore implements StoreBackend {
  readonly info = info;
  readonly lost: Promise<never>;
  readonly #terms: LoggedStoreTerms;
  readonly #log: CommitLog;
  /** All that the disk has kept. */
  readonly #commits: Commit[] = [];
  #tables: Tables = newTables();
  #waiting: WaitingCall[] = [];
  /** Undefined while nothing is to do. */
  #work: Promise<void> | undefined;
  /** Why nothing new is taken. */
  #closed: Failure | undefined;
  /** Why nothing is done any more. */
  #over: Failure | undefined;
  /** The disk did not keep what it was last given: it is tried before anything is done. */
  #isRefused = false;
  #lose: (failure: Failure) => void = () => {};

  private constructor(terms: LoggedStoreTerms) {
    this.#terms = terms;
    this.#log = new CommitLog(terms.disk);
    this.lost = new Promise((_, reject) => {
      this.#lose = reject;
    });
    this.lost.catch(() => {});
  }

  /** Fails with `store_failed` when the disk cannot be read. */
  static async open(terms: LoggedStoreTerms): Promise<LoggedTaskStore> {
    const store = new LoggedTaskStore(terms);
    const found = await patiently(() => store.#log.load());
    store.#commits.push(...found.commits.map(commitOf));
    store.#rebuild(found.tornCount);
    return store;
  }

  /** Tasks that have not ended, as far as the store knows. */
  get liveTasks(): number {
    const living = this.shelf.queues().map((queue) => liveOf(queue));
    return living.reduce((sum, count) => sum + count, 0);
  }

  /** As the last commit has left it. */
  get shelf(): MemoryShelf {
    return this.#tables.shelf;
  }

  /** The latest time that the disk has kept. */
  get newestMs(): number {
    return Math.max(0, ...this.#commits.slice(-1).map(({ nowMs }) => nowMs));
  }

  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    if (this.#closed) throw this.#closed;
    checkRequest(command);
    if (this.#waiting.length >= limits.mailboxMessagesMax) {
      const seen = `${this.#waiting.length} calls wait for the store`;
      throw new Failure("mailbox_full", `${seen}; try later`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject });
      this.#work ??= Promise.resolve().then(() => this.#runAll());
    });
  }

  async close(): Promise<void> {
    this.#closed ??= new Failure("unavailable", "the store is closed; ask its successor");
    await this.#work;
  }

  /** It ends in the middle of what it does, as when its thread dies. */
  lose(): void {
    const failure = new Failure("unknown_outcome", "the store ended; ask its successor");
    this.#over ??= failure;
    this.#closed ??= failure;
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
    this.#lose(failure);
  }

  async #runAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#runBatch(this.#waiting.splice(0, limits.storeBatchItemsMax));
    }
    this.#work = undefined;
  }

  async #runBatch(calls: readonly WaitingCall[]): Promise<void> {
    const full = await this.#stillRefused(calls);
    if (full) return this.#refuse(calls, full);
    const nowMs = this.#terms.nowMs();
    const done: DoneCommand[] = [];
    const answers: unknown[] = [];
    const settle: (() => void)[] = [];
    for (const { command, resolve, reject } of calls) {
      const ids: string[] = [];
      try {
        const answer = this.#perform(command, nowMs, () => this.#drawn(ids));
        settle.push(() => resolve(answer));
        if (!isWrite(command)) continue;
        done.push({ command, ids });
        answers.push(answer);
      } catch (cause) {
        settle.push(() => reject(Failure.of(cause)));
      }
    }
    const commit = { nowMs, done };
    const refused = done.length === 0 ? undefined : await this.#keep(commit, answers);
    if (this.#over) for (const { reject } of calls) reject(this.#over);
    else if (refused) this.#refuse(calls, refused);
    else for (const answer of settle) answer();
  }

  /** Reads are answered from what the disk has kept, unless the store is over. */
  #refuse(calls: readonly WaitingCall[], failure: Failure): void {
    const again = this.#over ? [] : calls.filter(({ command }) => !isWrite(command));
    for (const call of calls) if (!again.includes(call)) call.reject(failure);
    this.#waiting.unshift(...again);
  }

  /** A disk that is full for long is not given work that all would have to be undone. */
  async #stillRefused(calls: readonly WaitingCall[]): Promise<Failure | undefined> {
    if (!this.#isRefused || !calls.some(({ command }) => isWrite(command))) return this.#over;
    try {
      await this.#log.probe();
      this.#isRefused = false;
      return this.#over;
    } catch {
      return this.#over ?? notKept();
    }
  }

  /** Undefined when it is durable. */
  async #keep(commit: Commit, answers: readonly unknown[]): Promise<Failure | undefined> {
    try {
      await this.#log.append(serialize(commit));
      this.#commits.push(commit);
      if (!this.#over) this.#terms.told.committed(commit, answers, this.#tables.shelf);
      return undefined;
    } catch {
      return this.#over ?? this.#doubt(commit);
    }
  }

  /** Whether the commit was kept, only the disk knows. */
  async #doubt(commit: Commit): Promise<Failure> {
    try {
      const isKept = await patiently(() => this.#log.hasNewest());
      if (isKept) this.#commits.push(commit);
      this.#isRefused = !isKept;
      this.#rebuild(0);
      this.#terms.told.doubted(isKept);
      return isKept
        ? new Failure("unknown_outcome", "the disk failed when it was written; ask again")
        : notKept();
    } catch (cause) {
      this.lose();
      return Failure.of(cause);
    }
  }

  /** From what the disk has kept, and from nothing else. */
  #rebuild(tornCount: number): void {
    this.#tables = newTables();
    const { shelf } = this.#tables;
    let eventsBefore = 0;
    let answers: readonly unknown[] = [];
    for (const [index, commit] of this.#commits.entries()) {
      if (index === this.#commits.length - 1) eventsBefore = shelf.lastEventId();
      answers = this.#replay(commit);
    }
    const last = this.#commits.at(-1);
    this.#terms.told.reopened(tornCount, last && { ...last, eventsBefore, answers }, shelf);
  }

  #replay({ nowMs, done }: Commit): readonly unknown[] {
    return done.map(({ command, ids }) => {
      const left = [...ids];
      return this.#perform(command, nowMs, () => left.shift() ?? "missing");
    });
  }

  #perform(command: StoreCommand, nowMs: number, makeId: () => string): unknown {
    const { shelf, records } = this.#tables;
    const context: StoreContext = {
      ...{ shelf, records, nowMs, makeId },
      policy: this.#terms.policy,
      info,
    };
    if (!isWrite(command)) return perform(context, command);
    return records.undoable(() => shelf.undoable(() => perform(context, command)));
  }

  #drawn(ids: string[]): string {
    const id = this.#terms.makeId();
    ids.push(id);
    return id;
  }
}

/** A disk that fails may do better the next time. */
async function patiently<T>(read: () => Promise<T>, attempt = 1): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (attempt === readsMax) throw cause;
    return patiently(read, attempt + 1);
  }
}

const liveOf = (queue: QueueRecord): number =>
  queue.scheduled + queue.pending + queue.running + queue.waitingConfirmation;

const notKept = (): Failure =>
  new Failure("store_failed", "the disk failed, nothing was changed; try later");

const newTables = (): Tables => ({ shelf: new MemoryShelf(), records: new MemoryRecords() });

const commitOf = (rows: Uint8Array): Commit => deserialize(rows);
