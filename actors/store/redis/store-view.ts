// What is known of the store at one commit, and the shelf over it. `decide` performs commands on it:
// what is missing is fetched and all is decided again, until nothing is missing. The changes then
// stand in the keyspace, and are not committed yet.
//
// What is decided again has to ask the same, and one question more each time: so all passes of a decision
// have one moment, one set of ids and one commit, whatever the clock says meanwhile. A command that asks
// something else whenever it is decided would never come to rest; `#findRestless` makes it fail.
import { setTimeout as sleep } from "node:timers/promises";
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

/** All that decisions need beside the shelf. */
export type DecisionContext = Omit<StoreContext, "shelf" | "records" | "makeId">;

export interface ViewPorts {
  /** Absorbs the answers; throws `viewIsStale` when they are of another commit than the view. */
  fetch(view: StoreView, queries: readonly KeyspaceQuery[]): Promise<void>;
  /** Asked once for each decision, when the server has told its time. */
  context(): DecisionContext;
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

/** What is the same in all passes of one decision. */
interface Passes {
  readonly commands: readonly StoreCommand[];
  readonly drawn: DrawnIds;
  readonly context: DecisionContext;
  /** By index: commands that ask something else whenever they are decided. */
  readonly restless: Map<number, Failure>;
}

/** After so many passes, and each time that they have doubled, it is looked whether they come to rest. */
const restlessFrom = 32;
/** Milliseconds in which a clock that is asked in a pass has moved on. */
const restMs = 2;

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
    const { keyspace, records, shelf } = this;
    const hints = { keyspace, records, shelf, keys: this.#keys };
    let hasFetched = false;
    for (const query of asked.values()) keyspace.expect(query);
    for (const key of [this.#keys.numbers, this.#keys.queues]) {
      keyspace.expect({ kind: "hash", key });
    }
    for (const command of commands) anticipate(hints, command);
    let passes: Passes | undefined;
    for (let count = 1; performance.now() < deadlineMs; count += 1) {
      const queries = keyspace.wanted;
      if (queries.length > 0 || this.commit === undefined) {
        for (const query of queries) asked.set(queryId(query), query);
        await this.#ports.fetch(this, queries);
        hasFetched = true;
      }
      passes ??= { commands, drawn, context: this.#ports.context(), restless: new Map() };
      const decided = this.#performAll(passes);
      if (decided) return { ...decided, hasFetched };
      keyspace.undoTo(0);
      // Powers of two, so that a decision which needs many passes is not held up.
      if (count >= restlessFrom && (count & (count - 1)) === 0) await this.#findRestless(passes);
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
    { commands, context, drawn, restless }: Passes,
    performed?: (index: number) => void,
  ): Omit<Decided, "hasFetched"> | undefined {
    const { keyspace } = this;
    const shelves = { shelf: this.shelf, records: this.records };
    const answers: StoreAnswer[] = [];
    this.unreadable.clear();
    let isMissing = false;
    for (const [index, command] of commands.entries()) {
      const failure = restless.get(index)?.toData();
      const makeId = this.#idsOf(index, drawn);
      const answer: StoreAnswer | undefined = failure
        ? { kind: "failed", failure }
        : this.#perform({ ...context, ...shelves, makeId }, command);
      performed?.(index);
      if (answer) answers.push(answer);
      else isMissing = true;
      if (keyspace.changes.size >= redisStoreLimits.batchChangesTarget) break;
    }
    return isMissing ? undefined : { answers, nowMs: context.nowMs };
  }

  /**
   * Decides again without having fetched: whoever asks for more than just before rests on something
   * that changes between passes, and would ask for ever.
   */
  async #findRestless(passes: Passes): Promise<void> {
    await sleep(restMs);
    const { keyspace } = this;
    const { length } = keyspace.wanted;
    const { size } = passes.restless;
    this.#performAll(passes, (index) => {
      if (keyspace.wanted.length === length || passes.restless.size > size) return;
      const method = passes.commands[index]?.method ?? "";
      const seen = `"${method}" reads the same whenever it is decided on one commit`;
      passes.restless.set(index, new Failure("internal", `it should hold that ${seen}`));
    });
    keyspace.undoTo(0);
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
