// Which tasks a worker leaves for a moment to others that have what these wish for: an optional skill or an
// affinity tag. Only to those with a free slot that are asked at the same time, to each no more tasks than
// it has room for, and never for long: whoever is free takes what waits longer.
import { storeLimits } from "#protocols/store-limits.ts";
import { canRun } from "#protocols/tasks/capability-match.ts";
import type { ClaimRequest, FreeWorker } from "#protocols/tasks/claim-request.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { WorkerGifts } from "./worker-gifts.ts";
import { needsIn } from "./worker-needs.ts";

type Wishful = Pick<TaskRecord, "affinityTags" | "needs" | "optionalSkills" | "queue" | "runAt">;

interface Other {
  readonly worker: FreeWorker;
  readonly gifts: WorkerGifts;
  slots: number;
}

/** What one claim leaves to others because of wishes. */
export class WishedTasks {
  readonly #nowMs: number;
  readonly #own: Other;
  readonly #free: readonly Other[];

  constructor({ nowMs, records }: StoreContext, request: ClaimRequest) {
    this.#nowMs = nowMs;
    const { free = [], models, queues = [], skills = [], tags = [] } = request;
    this.#own = otherOf(records, { models, queues, skills, tags, slots: 0 });
    this.#free = free.map((worker) => otherOf(records, worker));
  }

  /** Milliseconds for which another one is to have it, which has a slot less then; 0: this one may. */
  waitMs(task: Wishful): number {
    if (this.#free.length === 0 || task.optionalSkills.length + task.affinityTags.length === 0) {
      return 0;
    }
    const leftMs = task.runAt + storeLimits.claimWishMsMax - this.#nowMs;
    if (leftMs <= 0 || hasWish(task, this.#own)) return 0;
    const needs = needsIn(task.needs);
    const other = this.#free.find(
      (one) =>
        one.slots > 0 &&
        one.worker.queues.includes(task.queue) &&
        hasWish(task, one) &&
        needs !== undefined &&
        canRun(needs, one.gifts),
    );
    if (other === undefined) return 0;
    other.slots -= 1;
    return leftMs;
  }
}

const otherOf = (records: StoreContext["records"], worker: FreeWorker): Other => ({
  worker,
  gifts: new WorkerGifts(records, worker),
  slots: worker.slots,
});

const hasWish = ({ affinityTags, optionalSkills }: Wishful, { gifts, worker }: Other): boolean =>
  affinityTags.some((tag) => worker.tags.includes(tag)) ||
  optionalSkills.some((skill) => gifts.skills.levels.has(skill));
