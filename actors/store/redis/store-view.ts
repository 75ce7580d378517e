// What is known of the store at one commit, and the shelf over it. `decide` performs commands on it:
// what is missing is fetched and all is decided again, until nothing is missing. The changes then
// stand in the keyspace, and are not committed yet.
import { Failure } from "#protocols/failure.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { StoreAnswer, StoreCommand } from "../backend.ts";
import { perform } from "../perform.ts";
import type { StoreContext } from "../store-context.ts";
import { anticipate } from "./command-hints.ts";
import { Keyspace, notFetched } from "./keyspace.ts";
import { type KeyspaceQuery, queryId } from "./keyspace-query.ts";
import { RedisRecords } from "./redis-records.ts";
import { RedisShelf } from "./redis-shelf.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { BytesShelf } from "./stored-bytes.ts";
import { recordCodecs } from "./stored-shapes.ts";

/** The store has changed under the view, so that nothing of it can be used. */
export const viewIsStale: unique symbol = Symbol("others have committed");

export interface ViewPorts {
  /** Absorbs the answers; throws `viewIsStale` when they are of another commit than the view. */
  fetch(view: StoreView, queries: readonly KeyspaceQuery[]): Promise<void>;
  /** All that decisions need beside the shelf. */
  context(): Omit<StoreContext, "shelf" | "records" | "makeId">;
  makeId(): string;
}

export interface Decided {
  /** Of the first commands: of all, unless there is more to change than fits into one commit. */
  readonly answers: readonly StoreAnswer[];
  readonly nowMs: number;
  /** Something was fetched for it, so that it rests on the present commit. */
  readonly hasFetched: boolean;
}

/** Ids that the commands of a batch have drawn: decided again, they draw the same. */
export type DrawnIds = Map<number, string[]>;

export class StoreView {
  readonly keyspace = new Keyspace();
  readonly shelf: RedisShelf;
  readonly records: RedisRecords;
  readonly unreadable = new Set<string>();
  /** Undefined before the first fetch. */
  commit: number | undefined;
  readonly #keys: StoreKeys;
  readonly #ports: ViewPorts;

  constructor(keys: StoreKeys, ports: ViewPorts) {
    this.#keys = keys;
    this.#ports = ports;
    const { keyspace } = this;
    this.records = new RedisRecords(keyspace, keys);
    const bytes = new BytesShelf(keyspace, keys, () => ports.makeId());
    this.shelf = new RedisShelf({
      keyspace,
      keys,
      bytes,
      codecs: recordCodecs(),
      noteUnreadable: (taskId) => this.unreadable.add(taskId),
    });
  }

  /** `asked`: what the batch has asked for so far; what it asks for further is added. */
  async decide(
    commands: readonly StoreCommand[],
    drawn: DrawnIds,
    asked: Map<string, KeyspaceQuery>,
    deadlineMs: number,
  ): Promise<Decided> {
    const { keyspace, shelf } = this;
    const hints = { keyspace, shelf, keys: this.#keys };
    let hasFetched = false;
    for (const query of asked.values()) keyspace.expect(query);
    for (const key of [this.#keys.numbers, this.#keys.queues]) {
      keyspace.expect({ kind: "hash", key });
    }
    for (const command of commands) anticipate(hints, command);
    while (performance.now() < deadlineMs) {
      const queries = keyspace.wanted;
      if (queries.length > 0 || this.commit === undefined) {
        for (const query of queries) asked.set(queryId(query), query);
        await this.#ports.fetch(this, queries);
        hasFetched = true;
      }
      const decided = this.#performAll(commands, drawn);
      if (decided) return { ...decided, hasFetched };
      keyspace.undoTo(0);
    }
    const seen = `all that ${commands.length} calls must read was not there in time`;
    throw new Failure("unavailable", `${seen}, and nothing was changed; ask for less at a time`);
  }

  /**
   * Of commands that have changed nothing: what was remembered is still so. Throws `viewIsStale` when
   * it is not.
   */
  async verify({ hasFetched }: Decided): Promise<void> {
    if (!hasFetched) await this.#ports.fetch(this, []);
    this.keyspace.committed();
  }

  /** Undefined when something has to be fetched first. */
  #performAll(
    commands: readonly StoreCommand[],
    drawn: DrawnIds,
  ): Omit<Decided, "hasFetched"> | undefined {
    const { keyspace } = this;
    const context = this.#ports.context();
    const shelves = { shelf: this.shelf, records: this.records };
    const answers: StoreAnswer[] = [];
    this.unreadable.clear();
    let isMissing = false;
    for (const [index, command] of commands.entries()) {
      const makeId = this.#idsOf(index, drawn);
      const answer = this.#perform({ ...context, ...shelves, makeId }, command);
      if (answer) answers.push(answer);
      else isMissing = true;
      if (keyspace.changes.size >= redisStoreLimits.batchChangesTarget) break;
    }
    return isMissing ? undefined : { answers, nowMs: context.nowMs };
  }

  /** Undefined when something has to be fetched first. */
  #perform(context: StoreContext, command: StoreCommand): StoreAnswer | undefined {
    const { keyspace } = this;
    const { size } = keyspace.changes;
    const mark = keyspace.mark();
    let answer: StoreAnswer | undefined;
    try {
      answer = { kind: "done", value: perform(context, command) };
    } catch (error) {
      keyspace.undoTo(mark);
      if (error !== notFetched) {
        answer = { kind: "failed", failure: Failure.of(error).toData() };
      }
    }
    const guesses = keyspace.takeGuesses();
    if (answer === undefined || guesses.length === 0 || keyspace.changes.size > size) return answer;
    // Nothing is to be committed that would prove the guesses.
    keyspace.undoTo(mark);
    for (const key of guesses) keyspace.want({ kind: "hash", key });
    return undefined;
  }

  #idsOf(index: number, drawn: DrawnIds): () => string {
    const known = drawn.get(index) ?? [];
    drawn.set(index, known);
    let count = 0;
    return () => {
      const id = known[count] ?? this.#ports.makeId();
      known[count] = id;
      count += 1;
      // What nobody has named before has no rows; the commit makes sure of that.
      this.keyspace.assumeAbsent(this.#keys.task(id));
      this.keyspace.assumeNoStream(this.#keys.channel(channelOf.task(id)));
      return id;
    };
  }
}
