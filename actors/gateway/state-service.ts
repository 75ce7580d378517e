// What the routes of the state need: the StateManager, wherever it is, or the failure that it is away.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { State } from "#protocols/tasks/state.ts";
import type {
  SnapshotPage,
  StateSnapshot,
  StateStatistics,
} from "#protocols/tasks/state-readings.ts";
import type { ReadStanding, StateReads } from "#protocols/tasks/state-reads.ts";

const snapshotWithinMs = 20_000;
const withinMs = 2_000;

export class StateService {
  #state: Ref<State> | undefined;
  #reads: StateReads | undefined;

  /** From where single readings come. */
  readBy(reads: StateReads | undefined): void {
    this.#reads = reads;
    reads?.use(this.#state);
  }

  get reads(): StateReads | undefined {
    return this.#reads;
  }

  use(state: Ref<State> | undefined): void {
    this.#state = state;
    this.#reads?.use(state);
  }

  snapshot(): Promise<StateSnapshot> {
    return this.#present().$.with({ within: snapshotWithinMs }).snapshot();
  }

  page(snapshotId: string, from: number): Promise<SnapshotPage> {
    return this.#present().$.with({ within: withinMs }).snapshotPage({ snapshotId, from });
  }

  /** Null while there is none. */
  async statistics(): Promise<StateStatistics | null> {
    if (this.#state === undefined) return null;
    return this.#state.$.with({ within: withinMs }).statistics();
  }

  /** Null where nothing reads the state but whole. */
  async standing(): Promise<ReadStanding | null> {
    return (await this.#reads?.standing()) ?? null;
  }

  #present(): Ref<State> {
    if (this.#state) return this.#state;
    const detail =
      "The StateManager is not there yet, or is being restarted. Come again in a moment.";
    throw new Failure("unavailable", detail);
  }
}
