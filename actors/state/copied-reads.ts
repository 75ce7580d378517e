// From where a process beside the control node reads the state: from the copy in Redis where it is as new as is
// asked for, else from the StateManager; and where that is not to be had either, from the copy all the same, which
// then says that it is stale. Nothing is ever written here: a write goes to the store, whoever answers reads.
//
//                    new enough
//   reading ─► copy ────────────► answer, `redis`
//               │ away, behind, or not known there
//               ▼
//        StateManager ──────────► answer, `embedded`
//               │ away
//               ▼
//             copy, if it was read ─► answer, `redis`, stale
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { State } from "#protocols/tasks/state.ts";
import type { Reading } from "#protocols/tasks/state-readings.ts";
import type {
  ReadAge,
  ReadSource,
  ReadStanding,
  SourcedReading,
  StateReads,
} from "#protocols/tasks/state-reads.ts";
import type { StoreCounts } from "#protocols/tasks/store.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { CopyPage, CopyPart } from "./copy-page.ts";
import type { Hash } from "./mirror-keys.ts";
import type { MirrorReader } from "./mirror-reader.ts";
import { countsIn, nodeIn, queueIn, taskIn } from "./mirror-records.ts";

/** A copy that is written to is never further behind; one that is lags, and is not taken for the source. */
const lagMsMax = 2_000;
const withinMs = 2_000;

interface Wanted<T> extends ReadAge {
  readonly part: CopyPart;
  /** Undefined: it is not in there. */
  readonly parse: (hashes: readonly Hash[]) => T | undefined;
  readonly embedded: (state: Ref<State>) => Promise<Reading<T>>;
  readonly versionOf: (value: T) => number | null;
  /** When what is in the page was so. */
  readonly at: (page: CopyPage) => number;
  /** Whether the copy is told of all that changes. */
  readonly isFollowed: (value: T) => boolean;
}

/** Nodes, queues and counts are compared now and then, all of them. */
const wholly = {
  versionOf: () => null,
  at: ({ wholeAt }: CopyPage) => wholeAt,
  isFollowed: () => true,
};

interface Copied<T> {
  readonly value: T;
  readonly asOf: number;
}

export class CopiedReads implements StateReads {
  readonly #copy: MirrorReader | null;
  readonly #wall: () => number;
  readonly #total = { redis: 0, embedded: 0 };
  #staleTotal = 0;
  #state: Ref<State> | undefined;
  #source: ReadSource = "embedded";
  #since: number;

  /** Without a copy all readings are the StateManager's. */
  constructor(copy: MirrorReader | null, wall: () => number) {
    this.#copy = copy;
    this.#wall = wall;
    this.#since = wall();
  }

  use(state: Ref<State> | undefined): void {
    this.#state = state;
  }

  task(taskId: string, { maxAgeMs }: ReadAge): Promise<SourcedReading<TaskView | null>> {
    return this.#read<TaskView | null>({
      maxAgeMs,
      part: { kind: "task", taskId },
      parse: ([hash]) => (hash && hash.size > 0 ? taskIn(hash) : undefined),
      embedded: (state) => state.task({ taskId, maxAgeMs }),
      versionOf: (task) => task?.version ?? null,
      at: ({ writtenAt }) => writtenAt,
      // The progress of one that runs makes no event.
      isFollowed: (task) => task?.status !== "running",
    });
  }

  nodes({ maxAgeMs }: ReadAge): Promise<SourcedReading<readonly NodeRecord[]>> {
    return this.#read<readonly NodeRecord[]>({
      maxAgeMs,
      part: { kind: "node" },
      parse: (hashes) => hashes.map(nodeIn),
      embedded: (state) => state.nodes({ maxAgeMs }),
      ...wholly,
    });
  }

  queues({ maxAgeMs }: ReadAge): Promise<SourcedReading<readonly QueueView[]>> {
    return this.#read<readonly QueueView[]>({
      maxAgeMs,
      part: { kind: "queue" },
      parse: (hashes) => hashes.map(queueIn),
      embedded: (state) => state.queues({ maxAgeMs }),
      ...wholly,
    });
  }

  counts({ maxAgeMs }: ReadAge): Promise<SourcedReading<StoreCounts>> {
    return this.#read<StoreCounts>({
      maxAgeMs,
      part: { kind: "counts" },
      parse: ([hash]) => hash && countsIn(hash),
      embedded: (state) => state.counts({ maxAgeMs }),
      ...wholly,
    });
  }

  async standing(): Promise<ReadStanding> {
    await this.#copy?.opened();
    const page = await this.#copy?.page({ kind: "counts" });
    const lagMs = page === undefined ? null : this.#lagOf(page.writtenAt);
    this.#turnTo(lagMs);
    const isNew = lagMs !== null && lagMs <= lagMsMax;
    const reason = isNew ? await this.#damage() : this.#reasonOf(lagMs);
    return {
      source: this.#source,
      since: this.#since,
      server: this.#copy?.server ?? null,
      lagMs,
      reason,
      readsTotal: { ...this.#total },
      staleTotal: this.#staleTotal,
    };
  }

  close(): void {
    this.#copy?.close();
  }

  /** For the node's metrics. */
  figures(): FigureSource {
    const samples = Object.entries(this.#total).map(([source, value]) => ({
      ...{ labels: { source }, value },
    }));
    const help = "Single readings of the state by HTTP, by where they came from.";
    const stale = "Of these, older than asked for, as nobody could tell newer.";
    return {
      bounds: [],
      figures: [
        { name: "troupe_state_reads_total", type: "counter", help, samples },
        {
          ...{ name: "troupe_state_reads_stale_total", type: "counter", help: stale },
          samples: [{ labels: {}, value: this.#staleTotal }],
        },
      ],
    };
  }

  async #read<T>(wanted: Wanted<T>): Promise<SourcedReading<T>> {
    const copied = await this.#copied(wanted);
    if (copied && this.#isNew(copied, wanted)) return this.#toldBy(copied, wanted);
    try {
      const { value, version, asOf, isStale } = await this.#present(wanted);
      this.#count("embedded", { isStale });
      return { value, version, asOf, isStale, source: "embedded" };
    } catch (error) {
      const failure = Failure.of(error);
      if (!copied || !failure.isRetryable) throw failure;
      return this.#toldBy(copied, wanted);
    }
  }

  /** Zero is the store's word alone. */
  async #copied<T>({ at, maxAgeMs, parse, part }: Wanted<T>): Promise<Copied<T> | undefined> {
    if (!this.#copy || (maxAgeMs === 0 && this.#state)) return undefined;
    const page = await this.#copy.page(part);
    this.#turnTo(page ? this.#lagOf(page.writtenAt) : null);
    // A damaged page is not even told as stale: what is missing there may be alive.
    if (!page || page.damage !== null) return undefined;
    try {
      const value = parse(page.hashes);
      return value === undefined ? undefined : { value, asOf: at(page) };
    } catch {
      // Somebody else has written there: the StateManager knows better.
      return undefined;
    }
  }

  #present<T>({ embedded }: Wanted<T>): Promise<Reading<T>> {
    if (this.#state) return embedded(this.#state.$.with({ within: withinMs }));
    const detail = `The StateManager is not there yet, or is being restarted; ${this.#copyTrouble()}.`;
    throw new Failure("unavailable", `${detail} Come again in a moment.`);
  }

  #toldBy<T>(copied: Copied<T>, wanted: Wanted<T>): SourcedReading<T> {
    const isStale = !this.#isNew(copied, wanted);
    this.#count("redis", { isStale });
    const { asOf, value } = copied;
    return { value, version: wanted.versionOf(value), asOf, isStale, source: "redis" };
  }

  #isNew<T>({ asOf, value }: Copied<T>, { isFollowed, maxAgeMs }: Wanted<T>): boolean {
    return isFollowed(value) && this.#lagOf(asOf) <= maxAgeMs;
  }

  #count(source: ReadSource, { isStale }: { readonly isStale: boolean }): void {
    this.#total[source] += 1;
    if (isStale) this.#staleTotal += 1;
  }

  /** null: the copy cannot be read. */
  #turnTo(lagMs: number | null): void {
    const isTaken = lagMs !== null && (lagMs <= lagMsMax || this.#state === undefined);
    const source = isTaken ? "redis" : "embedded";
    if (source === this.#source) return;
    this.#source = source;
    this.#since = this.#wall();
  }

  /** The clocks of two machines may differ by a little. */
  #lagOf(asOf: number): number {
    return Math.max(0, this.#wall() - asOf);
  }

  #reasonOf(lagMs: number | null): string | null {
    if (!this.#copy) return null;
    return lagMs === null ? this.#copyTrouble() : `the copy is ${lagMs} ms behind`;
  }

  /** A part of the copy, while the others are read. */
  async #damage(): Promise<string | null> {
    return (await this.#copy?.damage()) ?? null;
  }

  #copyTrouble(): string {
    return this.#copy ? (this.#copy.trouble ?? "the copy does not have it") : "there is no copy";
  }
}
