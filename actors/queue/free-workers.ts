// Who has a free slot beside a worker that claims, and a skill or tag that it lacks: tasks that wish for one
// are left to those for a moment. When they do not take them after all, the worker is asked again.
import { storeLimits } from "#protocols/store-limits.ts";
import type { FreeWorker } from "#protocols/tasks/claim-request.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { freeSlots, mayClaimNext, type PooledWorker } from "./pooled-worker.ts";

/** For so long after a task with wishes was submitted it may be left to others, storing it included. */
const wishedMsMax = 1_000;

/** Of these each claims now, or has a claim under way and claims again. At most `claimOthersMax` are named. */
export function freeBeside(
  worker: PooledWorker,
  asked: readonly PooledWorker[],
  claiming: readonly PooledWorker[],
): readonly FreeWorker[] {
  const free: FreeWorker[] = [];
  for (const other of [...asked, ...claiming]) {
    if (other === worker || !hasMore(other, worker)) continue;
    if (free.length === storeLimits.claimOthersMax) break;
    const { models, queues, skills, tags, machine } = other;
    const slots = freeSlots(other) - other.expects;
    const what = { models, queues, skills, tags, slots };
    free.push(machine === undefined ? what : { ...what, machine });
  }
  return free;
}

export const claimsNext = (
  all: readonly PooledWorker[],
  asked: readonly PooledWorker[],
  isOpen: (node: string) => boolean,
): readonly PooledWorker[] =>
  all.filter((one) => mayClaimNext(one) && isOpen(one.node) && !asked.includes(one));

const hasMore = (other: PooledWorker, { skills, tags }: PooledWorker): boolean =>
  other.tags.some((tag) => !tags.includes(tag)) ||
  other.skills.some((held) => !skills.some((own) => nameOf(own) === nameOf(held)));

const nameOf = (held: PooledWorker["skills"][number]): string =>
  typeof held === "string" ? held : held.skill;

/** When a task with wishes was submitted last. */
export class WishesSeen {
  #atMs = Number.NEGATIVE_INFINITY;

  submitted({ affinityTags = [], optionalSkills = [] }: TaskSubmission, wallMs: number): void {
    if (affinityTags.length + optionalSkills.length > 0) this.#atMs = wallMs;
  }

  areRecent = (wallMs: number): boolean => Math.abs(wallMs - this.#atMs) < wishedMsMax;
}
