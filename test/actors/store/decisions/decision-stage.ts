// The store's decisions over a shelf in memory, one command at a time, at the time that the test says.
import type { StoreArguments, StoreMethod, StoreValue } from "#actors/store/backend.ts";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import { perform } from "#actors/store/perform.ts";
import type { StoreContext } from "#actors/store/store-context.ts";
import { type StorePolicy, storePolicyDefault } from "#actors/store/store-policy.ts";
import type { ClaimRequest } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { submission } from "../submissions.ts";

export const startMs = 1_700_000_000_000;
export const leaseMs = 15_000;

export const refOf = ({ taskId, fence, epoch }: LeaseRef): LeaseRef => ({ taskId, fence, epoch });

export const failure = (changes: Partial<TaskFailure> = {}): TaskFailure => ({
  code: "engine_lost",
  detail: "gone",
  class: "resource",
  ...changes,
});

export class DecisionStage {
  nowMs = startMs;
  shelf = new MemoryShelf();
  records = new MemoryRecords();
  epoch = "e1";
  readonly policy: StorePolicy;
  #ids = 0;
  #isUndoing = false;

  constructor(policy: Partial<StorePolicy> = {}) {
    this.policy = { ...storePolicyDefault, ...policy };
  }

  get context(): StoreContext {
    return {
      shelf: this.shelf,
      records: this.records,
      nowMs: this.nowMs,
      policy: this.policy,
      makeId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
      info: {
        kind: "memory",
        epoch: this.epoch,
        ackLevels: ["accepted", "durable"],
        schemaVersion: 1,
        timeSkewMs: 0,
      },
    };
  }

  do<M extends StoreMethod>(method: M, ...args: StoreArguments<M>): StoreValue<M> {
    const work = () => perform(this.context, { method, args });
    return this.#isUndoing ? work() : this.shelf.undoable(work);
  }

  /** Does it, and undoes it as if it had failed at its end. */
  undo(work: () => void): void {
    const refusal = new Error("refused");
    this.#isUndoing = true;
    try {
      this.shelf.undoable(() => {
        work();
        throw refusal;
      });
    } catch (cause) {
      if (cause !== refusal) throw cause;
    } finally {
      this.#isUndoing = false;
    }
  }

  /** The new task's id. */
  submit(changes: Partial<TaskSubmission> = {}): string {
    const result = this.do("submit", submission(changes));
    if (result.kind === "created") return result.taskId;
    throw new Error(`it was not created: ${JSON.stringify(result)}`);
  }

  claimAll(changes: Partial<ClaimRequest> = {}): readonly TaskLease[] {
    const request = { node: "n", incarnation: 1, models: ["m"], max: 100 };
    return this.do("claim", { ...request, ...changes });
  }

  claim(changes: Partial<ClaimRequest> = {}): TaskLease {
    const [lease] = this.claimAll({ max: 1, ...changes });
    if (lease) return lease;
    throw new Error("there was nothing to claim");
  }

  fail(lease: LeaseRef, changes: Partial<TaskFailure> = {}) {
    return this.do("fail", { lease: refOf(lease), failure: failure(changes) });
  }

  complete(lease: LeaseRef) {
    return this.do("complete", { lease: refOf(lease), result: { figures: {}, files: [] } });
  }

  sweep() {
    return this.do("sweep", 500);
  }

  statusOf(taskId: string) {
    return this.do("view", taskId)?.status;
  }

  /** What happened to the task, in order. */
  eventsOf(taskId: string): readonly string[] {
    const { events } = this.do("readEvents", {
      channel: `task:${taskId}`,
      afterSeq: 0,
      limit: 100,
    });
    return events.map(({ type }) => type);
  }
}
